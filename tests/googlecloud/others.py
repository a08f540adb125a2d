"""Storage, Monitoring, Cloud SQL, Billing, IAM and Resource Manager, as far as they are called."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

from googlecloud import rules
from googlecloud.account import Account, Refused, Resource, merge, now
from googlecloud.compute import paged
from googlecloud.discovery import Call

Answer = Callable[[Account, Call], Any]


def answer(account: Account, call: Call) -> Any:
    """What the other APIs answer."""
    known = METHODS.get(call.id)
    if known is None:
        raise Refused(501, f"the stand-in does not know {call.id}")
    return known(account, call)


def _bucket(account: Account, call: Call) -> Resource:
    return account.get(f"storage/{call.params['bucket']}")


def _insert_bucket(account: Account, call: Call) -> Resource:
    rules.bucket(call.body)
    name = call.body["name"]
    made = {"location": "US", "storageClass": "STANDARD", **copy.deepcopy(call.body),
            "id": name, "metageneration": "1", "timeCreated": now(),
            "projectNumber": "123456789012"}  # fmt: skip
    made.setdefault("softDeletePolicy", {"retentionDurationSeconds": "604800"})
    account.things[f"project-of/{name}"] = {"project": call.params["project"]}
    return account.put(f"storage/{name}", made)


def _list_buckets(account: Account, call: Call) -> Resource:
    mine = [
        bucket
        for key, bucket in account.below("storage")
        if account.things.get(f"project-of/{bucket['name']}", {}).get("project")
        == call.params["project"]
    ]
    return paged(account, call, mine, "items")


def _patch_bucket(account: Account, call: Call) -> Resource:
    found = _bucket(account, call)
    kept, wanted = found.get("retentionPolicy", {}), call.body.get("retentionPolicy", {})
    shorter = wanted is None or int((wanted or {}).get("retentionPeriod", 1 << 40)) < int(
        kept.get("retentionPeriod", 0)
    )
    if kept.get("isLocked") and shorter:
        raise Refused(403, "a locked retention policy cannot be shortened", "forbidden")
    if call.params.get("ifMetagenerationMatch") not in (None, found["metageneration"]):
        raise Refused(412, "At least one of the pre-conditions did not hold", "conditionNotMet")
    merged = copy.deepcopy(found)
    merge(merged, call.body)
    rules.bucket(merged)
    found.update(merged, metageneration=str(int(found["metageneration"]) + 1))
    for gone in set(found) - set(merged):
        del found[gone]
    return found


def _bucket_policy(account: Account, call: Call) -> Resource:
    bucket = _bucket(account, call)
    return account.things.get(f"policy-of/{bucket['name']}", {"version": 1, "etag": "CAE="})


def _set_bucket_policy(account: Account, call: Call) -> Resource:
    bucket = _bucket(account, call)
    return _changed_policy(account, f"policy-of/{bucket['name']}", call.body, bucket)


def _changed_policy(
    account: Account, name: str, policy: Resource, bucket: Resource | None = None
) -> Resource:
    there = account.things.get(name, {"etag": "CAE="})
    if policy.get("etag") not in (None, there["etag"]):
        raise Refused(409, "There were concurrent policy changes", "conflict")
    if bucket:
        rules.bucket_policy(bucket, policy)
    etag = base64.b64encode(account.number().encode()).decode()
    account.things[name] = {"version": 1, **policy, "etag": etag}
    return account.things[name]


def _create(kind: str, judge: Callable[[Account, Resource], None]) -> Answer:
    def create(account: Account, call: Call) -> Resource:
        judge(account, call.body)
        above = call.params.get("name") or call.params["parent"]
        name = f"{above}/{kind}/{account.number()}"
        made = {**copy.deepcopy(call.body), "name": name}
        for number, each in enumerate(made.get("conditions", [])):
            each["name"] = f"{name}/conditions/{number}"
        return _shown(account.put(f"{call.id.split('.')[0]}/{name}", made))

    return create


def _shown(thing: Resource) -> Resource:
    """Google never tells a channel's token again."""
    if "auth_token" not in thing.get("labels", {}):
        return thing
    return {**thing, "labels": {**thing["labels"], "auth_token": "**************"}}


def _list(kind: str) -> Answer:
    def listed(account: Account, call: Call) -> Resource:
        above = call.params.get("name") or call.params["parent"]
        found = [_shown(t) for _, t in account.below(f"{call.id.split('.')[0]}/{above}/{kind}")]
        key = "accounts" if kind == "serviceAccounts" else kind
        return paged(account, call, found, key)

    return listed


def _get(account: Account, call: Call) -> Resource:
    return _shown(account.get(f"{call.id.split('.')[0]}/{call.params['name']}"))


def _delete(account: Account, call: Call) -> Resource:
    name = f"{call.id.split('.')[0]}/{call.params['name']}"
    account.get(name)
    if any(
        call.params["name"] in t.get("notificationChannels", ()) for t in account.things.values()
    ):
        raise Refused(400, "the channel is used by a policy", "failedPrecondition")
    del account.things[name]
    return {}


def _patch(judge: Callable[[Account, Resource], None]) -> Answer:
    def patch(account: Account, call: Call) -> Resource:
        thing = account.get(f"{call.id.split('.')[0]}/{call.params['name']}")
        fields = call.params.get("updateMask", "").split(",")
        if fields == [""]:
            raise Refused(400, "updateMask is needed")
        if stray := set(call.body) - {field.split(".")[0] for field in fields} - {"name"}:
            raise Refused(400, f"not in updateMask: {stray}")
        changed = {**thing, **{field: call.body[field] for field in fields if field in call.body}}
        judge(account, changed)
        thing.update(copy.deepcopy(changed))
        return _shown(thing)

    return patch


def _sql(account: Account, call: Call) -> Resource:
    project = f"sqladmin/projects/{call.params['project']}/instances"
    if call.id == "sql.instances.list":
        return paged(account, call, [t for _, t in account.below(project)], "items")
    return account.get(f"{project}/{call.params['instance']}")


def _billing(account: Account, call: Call) -> Resource:
    found = account.things.get(f"cloudbilling/{call.params['name']}")
    return found or {"name": f"{call.params['name']}/billingInfo", "billingEnabled": False}


def _create_account(account: Account, call: Call) -> Resource:
    project = call.params["name"].removeprefix("projects/")
    email = f"{call.body['accountId']}@{project}.iam.gserviceaccount.com"
    name = f"projects/{project}/serviceAccounts/{email}"
    made = {**call.body.get("serviceAccount", {}), "name": name, "email": email,
            "projectId": project, "uniqueId": account.number()}  # fmt: skip
    return account.put(f"iam/{name}", made)


def _create_key(account: Account, call: Call) -> Resource:
    above = call.params["name"]
    account.get(f"iam/{above}")
    name = f"{above}/keys/{account.number()}"
    made = {"name": name, "keyType": "USER_MANAGED", "validAfterTime": now()}
    account.put(f"iam/{name}", made)
    private = {"type": "service_account", "client_email": above.rsplit("/", 1)[1],
               "private_key": f"secret-of-{name.rsplit('/', 1)[1]}"}  # fmt: skip
    return {**made, "privateKeyData": base64.b64encode(json.dumps(private).encode()).decode()}


def _create_role(account: Account, call: Call) -> Resource:
    name = f"{call.params['parent']}/roles/{call.body['roleId']}"
    return account.put(f"iam/{name}", {**call.body.get("role", {}), "name": name})


def _test(account: Account, call: Call) -> Resource:
    return {"permissions": [p for p in call.body["permissions"] if p not in account.denied]}


def _project_policy(account: Account, call: Call) -> Resource:
    return account.things.get(
        f"policy-of/{call.params['resource']}", {"version": 1, "etag": "CAE="}
    )


def _set_project_policy(account: Account, call: Call) -> Resource:
    return _changed_policy(account, f"policy-of/{call.params['resource']}", call.body["policy"])


def _alone(judge: Callable[[Resource], None]) -> Callable[[Account, Resource], None]:
    return lambda account, thing: judge(thing)


def _search(account: Account, call: Call) -> Resource:
    """Policies that somebody made public: the only query that the stand-in knows."""
    if call.params.get("query") != "policy:(allUsers OR allAuthenticatedUsers)":
        raise Refused(501, "the stand-in knows one query")
    prefix, found = "iam-policy-of/compute/", []
    for key, policy in account.things.items():
        members = {m for b in policy.get("bindings", ()) for m in b.get("members", ())}
        if key.startswith(prefix) and members & rules.PUBLIC:
            name = f"//compute.googleapis.com/{key.removeprefix(prefix)}"
            found.append({"resource": name, "policy": {"bindings": policy["bindings"]}})
    return paged(account, call, found, "results")


METHODS: dict[str, Answer] = {
    "cloudasset.searchAllIamPolicies": _search,
    "storage.buckets.get": _bucket,
    "storage.buckets.insert": _insert_bucket,
    "storage.buckets.list": _list_buckets,
    "storage.buckets.patch": _patch_bucket,
    "storage.buckets.getIamPolicy": _bucket_policy,
    "storage.buckets.setIamPolicy": _set_bucket_policy,
    "sql.instances.list": _sql,
    "sql.instances.get": _sql,
    "cloudbilling.projects.getBillingInfo": _billing,
    "iam.projects.serviceAccounts.create": _create_account,
    "iam.projects.serviceAccounts.list": _list("serviceAccounts"),
    "iam.projects.serviceAccounts.get": _get,
    "iam.projects.serviceAccounts.delete": _delete,
    "iam.projects.serviceAccounts.keys.create": _create_key,
    "iam.projects.serviceAccounts.keys.list": _list("keys"),
    "iam.projects.serviceAccounts.keys.delete": _delete,
    "iam.projects.roles.create": _create_role,
    "iam.projects.roles.get": _get,
    "cloudresourcemanager.projects.testIamPermissions": _test,
    "cloudresourcemanager.projects.getIamPolicy": _project_policy,
    "cloudresourcemanager.projects.setIamPolicy": _set_project_policy,
}
JUDGED: dict[str, tuple[str, Callable[[Account, Resource], None]]] = {
    "monitoring.projects.uptimeCheckConfigs": ("uptimeCheckConfigs", _alone(rules.uptime_check)),
    "monitoring.projects.alertPolicies": ("alertPolicies", rules.alert_policy),
    "monitoring.projects.notificationChannels": ("notificationChannels", _alone(rules.channel)),
    "billingbudgets.billingAccounts.budgets": ("budgets", rules.budget),
}
for method, (kind, judge) in JUDGED.items():
    METHODS |= {f"{method}.create": _create(kind, judge), f"{method}.patch": _patch(judge)}
    METHODS |= {f"{method}.list": _list(kind), f"{method}.get": _get, f"{method}.delete": _delete}
