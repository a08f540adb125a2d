"""Numbers go out as OpenMetrics wants them, and no name can break out of its quotes."""

import io
import re

from seawall.errors import SeawallError
from seawall.kit.numbers import Numbers
from seawall.report import metrics
from seawall.report.screen import Screen

VALUES = {"cpu.busy": 12.5, "disk.used /": 50.0, 'disk.used /a"b\\c': 1.0, "disk.free /": 2e9}
FIRING = [{"rule": "disk-space", "subject": "/", "level": 2, "since": 1.0}]
SEEN = [
    Numbers("web1", {"values": VALUES, "firing": FIRING, "seen": 1.8e9, "now": 1.8e9}),
    Numbers("web2", {}, SeawallError("web2: no answer")),
]
LINE = r'# (TYPE|HELP) \w+ .+|\w+\{\w+="(\\.|[^"\\\n])*"(,\w+="(\\.|[^"\\\n])*")*\} [\d.e+-]+|# EOF'


def test_openmetrics() -> None:
    text = metrics.openmetrics(SEEN)
    assert all(re.fullmatch(LINE, line) for line in text.splitlines()), text
    assert 'seawall_cpu_busy_ratio{server="web1"} 0.125' in text
    assert 'seawall_filesystem_used_ratio{server="web1",subject="/a\\"b\\\\c"} 0.01' in text
    assert 'seawall_up{server="web2"} 0' in text
    assert 'seawall_alert{server="web1",rule="disk-space",subject="/"} 2' in text
    assert text.endswith("# EOF\n")


def test_a_moment_and_a_time_are_shown() -> None:
    over = {"least": 1.0, "mean": 2.0, "most": 3.0, "most_at": 1.8e9, "last": 3.0, "points": []}
    out = io.StringIO()
    screen = Screen(out, 80)
    metrics.show([SEEN[0], Numbers("db1", {"series": {"memory.available": over}})], screen)
    told = out.getvalue()
    assert "processors busy" in told and "12.5 %" in told and "2.0 GB" in told
    assert "memory left" in told and "1.0 %, 2.0 %, 3.0 %" in told
