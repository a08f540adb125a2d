"""What stands in where moto has no such call, or answers wrongly."""

import json
import re
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import botocore.session

from amazon.strict import refused
from amazon.wire import Asked
from seawall.clouds.aws import schedules

if TYPE_CHECKING:
    from amazon import Amazon

Answer = tuple[int, dict[str, str], bytes]
Forward = Callable[[Asked], Answer]
PAGE = 500


@dataclass
class Policies:
    """The schedules of Data Lifecycle Manager, by region; as much of it as we use."""

    kept: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def clear(self) -> None:
        self.kept.clear()

    def of(self, region: str) -> dict[str, dict[str, Any]]:
        return self.kept.setdefault(region, {})

    def answer(self, asked: Asked) -> Answer:
        """One call, if the service's own model takes it."""
        split = urlsplit(asked.path)
        name = unquote(split.path.removeprefix("/policies")).strip("/")
        told = json.loads(asked.body or b"{}")
        operation = _operation(asked.method, name)
        model = botocore.session.get_session().get_service_model("dlm")
        shape = model.operation_model(operation).input_shape
        sent = {**told, **({"PolicyId": name} if name else {}), **_in_query(shape, split.query)}
        problems = list(refused(shape, sent)) + list(_unscheduled(told))
        if problems:
            return _json({"__type": "InvalidRequestException", "message": str(problems)}, 400)
        return getattr(self, f"_{asked.method.lower()}")(asked.region, name, sent)

    def _get(self, region: str, name: str, sent: dict[str, Any]) -> Answer:
        kept = self.of(region)
        if name:
            return _json({"Policy": kept[name]}) if name in kept else _absent(name)
        wanted = set(sent.get("TargetTags", ()))
        listed = [each for each in kept.values() if wanted <= _targets(each)]
        short = ("PolicyId", "Description", "State", "Tags", "PolicyType")
        return _json({"Policies": [{k: each[k] for k in short if k in each} for each in listed]})

    def _post(self, region: str, name: str, sent: dict[str, Any]) -> Answer:
        name = f"policy-{len(self.of(region)):017x}"
        self.of(region)[name] = {"PolicyId": name, **_grown(sent)}
        return _json({"PolicyId": name})

    def _patch(self, region: str, name: str, sent: dict[str, Any]) -> Answer:
        if name not in self.of(region):
            return _absent(name)
        self.of(region)[name].update(_grown(sent))
        return _json({})

    def _delete(self, region: str, name: str, sent: dict[str, Any]) -> Answer:
        return _json({}) if self.of(region).pop(name, None) else _absent(name)


def _operation(method: str, name: str) -> str:
    if method == "GET":
        return "GetLifecyclePolicy" if name else "GetLifecyclePolicies"
    verb = {"POST": "Create", "PATCH": "Update", "DELETE": "Delete"}[method]
    return f"{verb}LifecyclePolicy"


def _in_query(shape: Any, query: str) -> dict[str, Any]:
    """What is sent in the address, by its name in the model."""
    known = {e.serialization.get("name"): (n, e) for n, e in shape.members.items()}
    written = {known[name]: values for name, values in parse_qs(query).items()}
    return {n: v if e.type_name == "list" else v[0] for (n, e), v in written.items()}


def _unscheduled(told: dict[str, Any]) -> list[str]:
    found = []
    for each in told.get("PolicyDetails", {}).get("Schedules", ()):
        rule = each["CreateRule"]
        if "CronExpression" in rule:
            schedules.valid(rule["CronExpression"])
        elif rule.get("Interval") not in (1, 2, 3, 4, 6, 8, 12, 24):
            found.append(f"CreateRule.Interval {rule.get('Interval')}")
    return found


def _grown(sent: dict[str, Any]) -> dict[str, Any]:
    """What the real service adds by itself: fields that nobody sent."""
    if "PolicyDetails" not in sent:
        return sent
    details = sent["PolicyDetails"]
    grown = [{"VariableTags": [], **each} for each in details.get("Schedules", ())]
    return {**sent, "PolicyDetails": {"PolicyLanguage": "STANDARD", **details, "Schedules": grown}}


def _targets(policy: dict[str, Any]) -> set[str]:
    return {f"{e['Key']}={e['Value']}" for e in policy["PolicyDetails"].get("TargetTags", ())}


def _json(told: dict[str, Any], status: int = 200) -> Answer:
    form = {"Content-Type": "application/json"}
    if "__type" in told:
        form["x-amzn-ErrorType"] = told["__type"]
    return status, form, json.dumps(told).encode()


def _absent(name: str) -> Answer:
    return _json({"__type": "ResourceNotFoundException", "message": name}, 404)


def answer(amazon: "Amazon", asked: Asked, forward: Forward) -> Answer:
    """The answer to one call, by a stand-in or by moto."""
    if asked.service == "dlm":
        with amazon.lock:
            return amazon.policies.answer(asked)
    if asked.operation == "SimulatePrincipalPolicy":
        return _simulated(amazon, asked)
    if asked.name == "ec2:DescribeSnapshots":
        return _snapshots(amazon, asked, forward)
    if asked.operation == "ModifySnapshotAttribute":
        amazon.touched.add(parse_qs(asked.body.decode())["SnapshotId"][0])
    return forward(asked)


def _simulated(amazon: "Amazon", asked: Asked) -> Answer:
    sent = parse_qs(asked.body.decode())
    actions = [v[0] for k, v in sent.items() if k.startswith("ActionNames.member.")]
    members = "".join(
        f"<member><EvalActionName>{each}</EvalActionName><EvalDecision>"
        f"{'implicitDeny' if each in amazon.denied else 'allowed'}</EvalDecision></member>"
        for each in actions
    )
    inside = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
    body = f"<R><SimulatePrincipalPolicyResult>{inside}</SimulatePrincipalPolicyResult></R>"
    return 200, {"Content-Type": "text/xml"}, body.encode()


def _snapshots(amazon: "Amazon", asked: Asked, forward: Forward) -> Answer:
    """Pages, and those that everybody may use: moto knows neither."""
    sent = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    begin, size = int(sent.pop("NextToken", 0)), int(sent.pop("MaxResults", PAGE))
    public = sent.pop("RestorableBy.1", "")
    status, headers, body = forward(replace(asked, body=urlencode(sent).encode()))
    if status != 200:
        return status, headers, body
    space = re.search(rb'xmlns="([^"]+)"', body)
    Xml.register_namespace("", space[1].decode() if space else "")
    tree = Xml.fromstring(body)
    listed = next(each for each in tree if each.tag.endswith("snapshotSet"))
    items = list(listed)
    if public:
        items = [e for e in items if _name(e) in amazon.touched]
        items = [each for each in items if _is_public(each, sent, asked, forward)]
    for each in list(listed):
        listed.remove(each)
    listed.extend(items[begin : begin + size])
    if begin + size < len(items):
        Xml.SubElement(tree, listed.tag.replace("snapshotSet", "nextToken")).text = str(
            begin + size
        )
    return status, headers, Xml.tostring(tree)


def _name(item: Any) -> str:
    return next(str(each.text) for each in item if each.tag.endswith("snapshotId"))


def _is_public(item: Any, sent: dict[str, str], asked: Asked, forward: Forward) -> bool:
    what = {"Action": "DescribeSnapshotAttribute", "Version": sent["Version"]}
    what["SnapshotId"] = _name(item)
    what["Attribute"] = "createVolumePermission"
    _, _, body = forward(replace(asked, body=urlencode(what).encode()))
    return b"<group>all</group>" in body
