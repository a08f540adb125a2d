"""Calls to Amazon as they come over the wire, and refusals in each service's own form."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

READING = ("Describe", "Get", "List", "Head", "Simulate", "View")


@dataclass(frozen=True)
class Asked:
    """One call."""

    service: str
    region: str
    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, method: str, path: str, headers: Mapping[str, str], body: bytes) -> "Asked":
        """Whom it is for stands in its signature."""
        signed = re.search(
            r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", "")
        )
        region, service = (signed[1], signed[2]) if signed else ("", "")
        service = "cloudwatch" if service == "monitoring" else service
        return cls(
            service, region, _operation(method, path, headers, body), method, path, headers, body
        )

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def ours(self) -> bool:
        """True when it is Seawall's, and not a test's own."""
        return "seawall" in self.headers.get("User-Agent", "")

    @property
    def changes(self) -> bool:
        """True when it may change something."""
        return not self.operation.startswith((*READING, "GET ", "HEAD "))


def _operation(method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if smithy := re.search(r"/operation/(\w+)", path):
        return smithy[1]
    if body[:200].startswith(b"Action=") or b"&Action=" in body[:4000]:
        return parse_qs(body.decode())["Action"][0]
    split = urlsplit(path)
    return f"{method} {split.path}?{split.query}".rstrip("?")


@dataclass
class Fault:
    """What goes wrong: with which calls, how often, and how."""

    operation: str
    code: str = "InternalError"
    status: int = 500
    times: int = 1
    cut: bool = False
    """True when the connection just ends."""

    def meets(self, asked: Asked) -> bool:
        return re.search(self.operation, asked.name) is not None


def refusal(asked: Asked, fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """The answer of a service that refuses."""
    said = "as the test wants it"
    if asked.headers.get("X-Amz-Target") or asked.service in ("dlm", "budgets"):
        body = json.dumps({"__type": fault.code, "message": said})
        form = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": fault.code}
        return fault.status, form, body.encode()
    inside = f"<Code>{fault.code}</Code><Message>{said}</Message>"
    told = {
        "ec2": f"<Response><Errors><Error>{inside}</Error></Errors></Response>",
        "s3": f"<Error>{inside}</Error>",
    }
    body = told.get(asked.service, f"<ErrorResponse><Error>{inside}</Error></ErrorResponse>")
    return fault.status, {"Content-Type": "text/xml"}, body.encode()
