"""Compute Engine's methods, as far as Seawall calls them."""

import copy
from collections.abc import Callable
from typing import Any

from googlecloud import rules
from googlecloud.account import ROOT, Account, Refused, Resource, merge, now
from googlecloud.discovery import Call

COLLECTIONS = {"disks": "disk", "snapshots": "snapshot", "images": "image", "firewalls": "firewall",
               "resourcePolicies": "resourcePolicy", "instances": "instance",
               "addresses": "address"}  # fmt: skip
READY = {"disks": "READY", "snapshots": "READY", "resourcePolicies": "READY"}


def answer(account: Account, call: Call) -> Any:
    """What compute answers."""
    _, collection, method = call.id.split(".")
    if collection.endswith("Operations"):
        return _operation_now(account, call)
    if collection == "projects":
        return account.get(f"compute/projects/{call.params['project']}")
    own = OWN.get(f"{collection}.{method}")
    if own:
        return own(account, call)
    generic = GENERIC.get(method)
    if generic is None or collection not in COLLECTIONS:
        raise Refused(501, f"the stand-in does not know {call.id}")
    return generic(account, call)


def place(call: Call, collection: str = "") -> str:
    """The collection's name: compute/projects/p/zones/z/disks."""
    params = call.params
    scope = "global"
    if "zone" in params:
        scope = f"zones/{params['zone']}"
    elif "region" in params:
        scope = f"regions/{params['region']}"
    return f"compute/projects/{params['project']}/{scope}/{collection or call.id.split('.')[1]}"


def named(call: Call) -> str:
    """The name of the thing that the call is about."""
    collection = call.id.split(".")[1]
    one = call.params.get(COLLECTIONS[collection]) or call.params["resource"]
    return f"{place(call)}/{one}"


def link(name: str) -> str:
    """As Google links to it."""
    return ROOT + name.removeprefix("compute/")


def unlink(url: str, near: str = "") -> str:
    """What a full or partial link points to."""
    inside = url.split("/compute/v1/")[-1]
    return f"compute/{inside}" if inside.startswith("projects/") else f"{near}/{inside}"


def operation(account: Account, call: Call, target: str, done: Callable[[], None]) -> Resource:
    """An operation that is done after it was asked about a few times."""
    where = place(call, "operations")
    name = f"{where}/operation-{account.number()}"
    told = {"name": name.rsplit("/", 1)[1], "id": account.number(), "status": "RUNNING",
            "operationType": call.id.rsplit(".", 1)[1], "targetLink": link(target),
            "selfLink": link(name), "progress": 0, "insertTime": now()}  # fmt: skip
    for kind in ("zone", "region"):
        if kind in call.params:
            told[kind] = link(f"compute/projects/{call.params['project']}/{kind}s/"
                              f"{call.params[kind]}")  # fmt: skip
    account.put(name, told)
    account.waiting[name] = (account.slow, done)
    return told


def _operation_now(account: Account, call: Call) -> Resource:
    name = f"{place(call, 'operations')}/{call.params['operation']}"
    told = account.get(name)
    if name in account.waiting:
        left, done = account.waiting[name]
        account.waiting[name] = (left - 1, done)
        if left <= 1:
            del account.waiting[name]
            told.update(status="DONE", progress=100, endTime=now())
            done()
    return told


def _insert(account: Account, call: Call, more: Resource | None = None) -> Resource:
    collection = call.id.split(".")[1]
    body = copy.deepcopy(call.body)
    rules.labels(body.get("labels", {}))
    name = f"{place(call, collection)}/{body['name']}"
    made = {**body, **(more or {}), "id": account.number(), "selfLink": link(name)}
    made["creationTimestamp"] = now()
    for kind in ("zone", "region"):
        if kind in call.params:
            made[kind] = link(f"compute/projects/{call.params['project']}/{kind}s/"
                              f"{call.params[kind]}")  # fmt: skip
    ready = READY.get(collection)
    if ready:
        made["status"] = "CREATING"
    if "labels" in body:
        made["labelFingerprint"] = _fingerprint(account)
    account.put(name, made)
    return operation(account, call, name, lambda: made.update({"status": ready} if ready else {}))


def _fingerprint(account: Account) -> str:
    return f"print{account.number()}".ljust(11, "x") + "="


def _get(account: Account, call: Call) -> Resource:
    return account.get(named(call))


def _list(account: Account, call: Call) -> Resource:
    found = [thing for _, thing in account.below(place(call))]
    return paged(account, call, found, "items")


def paged(account: Account, call: Call, found: list[Any], key: str) -> Resource:
    """A page of a list, and where the next begins."""
    size = int(call.params.get("maxResults") or call.params.get("pageSize") or account.page)
    size = min(size, account.page)
    start = int(call.params.get("pageToken") or 0)
    told: Resource = {key: found[start : start + size]}
    if start + size < len(found):
        told["nextPageToken"] = str(start + size)
    return told


def _aggregated(account: Account, call: Call) -> Resource:
    collection = call.id.split(".")[1]
    flat = [
        (scope, thing)
        for scope, things in account.everywhere(call.params["project"], collection).items()
        for thing in things
    ]
    told = paged(account, call, flat, "items")
    scopes: dict[str, Resource] = {}
    for scope, thing in told["items"]:
        scopes.setdefault(scope, {collection: []})[collection].append(thing)
    nothing = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "nothing here"}}
    return {**told, "items": {"zones/us-central1-a": nothing, **scopes}}


def _delete(account: Account, call: Call) -> Resource:
    name = named(call)
    thing = account.get(name)
    users = thing.get("users") or [
        key
        for key, each in account.things.items()
        if link(name) in each.get("resourcePolicies", [])
    ]
    if users:
        raise Refused(400, f"'{name}' is used by {users[0]}", "resourceInUseByAnotherResource")
    told = operation(account, call, name, lambda: None)
    del account.things[name]
    return told


def _patch(account: Account, call: Call) -> Resource:
    thing = account.get(named(call))
    merged = copy.deepcopy(thing)
    merge(merged, call.body)
    if call.id.startswith("compute.resourcePolicies"):
        rules.snapshot_schedule(merged)
    return operation(account, call, named(call), lambda: thing.update(merged))


def _set_labels(account: Account, call: Call) -> Resource:
    thing = account.get(named(call))
    if call.body.get("labelFingerprint") != thing.get("labelFingerprint"):
        raise Refused(412, "Labels fingerprint either invalid or resource labels have changed",
                      "conditionNotMet")  # fmt: skip
    rules.labels(call.body.get("labels", {}))
    changed = {"labels": call.body.get("labels", {}), "labelFingerprint": _fingerprint(account)}
    return operation(account, call, named(call), lambda: thing.update(changed))


def _get_iam(account: Account, call: Call) -> Resource:
    account.get(named(call))
    return account.things.get(f"iam-policy-of/{named(call)}", {"etag": "BwAAAAAAAAA="})


def _set_iam(account: Account, call: Call) -> Resource:
    account.get(named(call))
    policy = {**call.body.get("policy", {}), "etag": "BwAAAAAAAAE="}
    account.things[f"iam-policy-of/{named(call)}"] = policy
    return policy


GENERIC: dict[str, Callable[[Account, Call], Any]] = {
    "insert": _insert, "get": _get, "list": _list, "aggregatedList": _aggregated,
    "delete": _delete, "patch": _patch, "update": _patch, "setLabels": _set_labels,
    "getIamPolicy": _get_iam, "setIamPolicy": _set_iam,
}  # fmt: skip


def _insert_policy(account: Account, call: Call) -> Resource:
    rules.snapshot_schedule(call.body)
    return _insert(account, call)


def _add_policy(account: Account, call: Call) -> Resource:
    disk = account.get(named(call))
    wanted = call.body.get("resourcePolicies", [])
    near = f"compute/projects/{call.params['project']}"
    names = [unlink(each, near) for each in wanted]
    for name in names:
        account.get(name)
        if name.split("/")[4] != call.params["zone"].rsplit("-", 1)[0]:
            raise Refused(400, f"{name} is in another region than the disk")
    if len(names) != 1 or disk.get("resourcePolicies"):
        raise Refused(400, "a disk has one snapshot schedule at most")
    links = [link(name) for name in names]
    return operation(account, call, named(call), lambda: disk.update({"resourcePolicies": links}))


def _remove_policy(account: Account, call: Call) -> Resource:
    disk = account.get(named(call))
    near = f"compute/projects/{call.params['project']}"
    gone = {link(unlink(each, near)) for each in call.body["resourcePolicies"]}
    if not gone <= set(disk.get("resourcePolicies", [])):
        raise Refused(400, "this policy is not on the disk")
    left = [each for each in disk["resourcePolicies"] if each not in gone]
    return operation(account, call, named(call), lambda: disk.update({"resourcePolicies": left}))


def _insert_disk(account: Account, call: Call) -> Resource:
    body, more = call.body, {}
    if source := body.get("sourceSnapshot"):
        near = f"compute/projects/{call.params['project']}"
        snapshot = account.get(unlink(source, near))
        if snapshot.get("status") != "READY":
            raise Refused(400, "the snapshot is not ready", "resourceNotReady")
        more = {"sourceSnapshotId": snapshot["id"]}
        more["sizeGb"] = body.get("sizeGb", snapshot.get("diskSizeGb", "10"))
    return _insert(account, call, more)


def _insert_snapshot(account: Account, call: Call) -> Resource:
    near = f"compute/projects/{call.params['project']}"
    disk = account.get(unlink(call.body["sourceDisk"], near))
    more = {"sourceDiskId": disk["id"], "sourceDisk": disk["selfLink"]}
    more |= {"diskSizeGb": disk["sizeGb"], "storageBytes": "1048576", "autoCreated": False}
    return _insert(account, call, more)


def _attach(account: Account, call: Call) -> Resource:
    instance = account.get(named(call))
    near = f"compute/projects/{call.params['project']}"
    disk = account.get(unlink(call.body["source"], near))
    if disk["zone"].rsplit("/", 1)[1] != call.params["zone"] or disk["status"] != "READY":
        raise Refused(400, "the disk is elsewhere or not ready", "resourceNotReady")
    told = {**call.body, "source": disk["selfLink"], "index": len(instance.get("disks", []))}

    def done() -> None:
        instance.setdefault("disks", []).append(told)
        disk["users"] = [*disk.get("users", []), instance["selfLink"]]

    return operation(account, call, named(call), done)


def _detach(account: Account, call: Call) -> Resource:
    instance = account.get(named(call))
    found = [d for d in instance["disks"] if d.get("deviceName") == call.params["deviceName"]]
    if not found:
        raise Refused(400, "no such device")
    disk = account.get(unlink(found[0]["source"]))

    def done() -> None:
        instance["disks"].remove(found[0])
        disk["users"].remove(instance["selfLink"])

    return operation(account, call, named(call), done)


OWN: dict[str, Callable[[Account, Call], Any]] = {
    "resourcePolicies.insert": _insert_policy, "disks.addResourcePolicies": _add_policy,
    "disks.removeResourcePolicies": _remove_policy, "disks.insert": _insert_disk,
    "snapshots.insert": _insert_snapshot, "instances.attachDisk": _attach,
    "instances.detachDisk": _detach,
}  # fmt: skip
