"""What features are made of; knows no feature."""

from seawall.kit.check import Check, Finding, Look, Severity, Unknown, check
from seawall.kit.dataset import Dataset
from seawall.kit.feature import Feature, Room, Section, drift_check
from seawall.kit.outcome import (
    Applied,
    CheckResult,
    Event,
    Plan,
    PlannedChange,
    SectionVerdict,
    Verdict,
    answer,
)
from seawall.kit.port import Port
from seawall.kit.site import Site
from seawall.kit.use import Use

__all__ = [
    "Applied",
    "Check",
    "CheckResult",
    "Dataset",
    "Event",
    "Feature",
    "Finding",
    "Look",
    "Plan",
    "PlannedChange",
    "Port",
    "Room",
    "Section",
    "SectionVerdict",
    "Severity",
    "Site",
    "Unknown",
    "Use",
    "Verdict",
    "answer",
    "check",
    "drift_check",
]
