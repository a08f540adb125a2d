"""Until when each release gets security updates.

Source: Debian's distro-info-data (debian.csv, ubuntu.csv), read on 2026-11-24. For Debian the
end of LTS, for Ubuntu the end of standard support: what comes after has to be paid for.
"""

from datetime import date

ENDS = {
    ("debian", "9"): date(2022, 6, 30),
    ("debian", "10"): date(2024, 6, 30),
    ("debian", "11"): date(2026, 8, 31),
    ("debian", "12"): date(2028, 6, 30),
    ("debian", "13"): date(2030, 6, 30),
    ("ubuntu", "16.04"): date(2021, 4, 30),
    ("ubuntu", "18.04"): date(2023, 5, 31),
    ("ubuntu", "20.04"): date(2025, 5, 31),
    ("ubuntu", "22.04"): date(2027, 6, 1),
    ("ubuntu", "23.10"): date(2024, 7, 11),
    ("ubuntu", "24.04"): date(2029, 5, 31),
    ("ubuntu", "24.10"): date(2025, 7, 10),
    ("ubuntu", "25.04"): date(2026, 1, 15),
    ("ubuntu", "25.10"): date(2026, 7, 9),
    ("ubuntu", "26.04"): date(2031, 5, 29),
}


def end_of_support(distribution: str, version: str) -> date | None:
    """The last day with security updates, None for a release that is not in the table."""
    return ENDS.get((distribution, version))
