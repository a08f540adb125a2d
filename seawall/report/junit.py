"""A verdict as JUnit XML, for the test tab of a CI: a suite a section, a case a check.

What must be fixed is a failure, what could not be checked an error. What should be fixed is said in
the case's output, and is a failure only where it makes the exit code 1 as well.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from seawall.kit import CheckResult, SectionVerdict, Verdict
from seawall.report.words import harmless


def document(verdict: Verdict, fail_on: str = "must") -> str:
    """The whole file."""
    top = Element("testsuites", name="seawall", time=f"{verdict.seconds:.1f}")
    for section in verdict.sections:
        _suite(top, section, fail_on)
    indent(top)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _suite(top: Element, section: SectionVerdict, fail_on: str) -> None:
    suite = SubElement(top, "testsuite", name=harmless(section.name))
    for result in section.results:
        _case(suite, section.name, result, fail_on)
    if section.error:
        case = SubElement(suite, "testcase", classname=section.name, name="server.reachable")
        _told(case, "error", section.error.problem, [section.error.hint])
    for kind, tag in (("tests", ""), ("failures", "failure"), ("errors", "error")):
        found = suite.findall("testcase") if not tag else suite.findall(f"testcase/{tag}")
        suite.set(kind, str(len(found)))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))


def _case(suite: Element, section: str, result: CheckResult, fail_on: str) -> None:
    case = SubElement(suite, "testcase", classname=section, name=result.check.id)
    if result.state == "skipped":
        SubElement(case, "skipped", message="skipped by you")
    if result.state == "unknown":
        _told(
            case, "error", f"could not be checked: {result.check.title}", [result.why, result.fix]
        )
    said = []
    for finding in result.findings:
        more = [*finding.evidence.splitlines(), f"fix: {finding.fix}" if finding.fix else ""]
        if (finding.severity or result.check.severity) == "must" or fail_on == "should":
            _told(case, "failure", finding.problem, more)
        else:
            said += [f"should fix: {finding.problem}", *more]
    if said:
        SubElement(case, "system-out").text = _text(said)


def _told(case: Element, tag: str, problem: str, more: list[str]) -> None:
    told = SubElement(case, tag, message=harmless(problem))
    told.text = _text([problem, *more])


def _text(lines: list[str]) -> str:
    return "\n".join(harmless(line) for line in lines if line)
