"""What the cloud tells by itself: dead servers, money, and schedules that fail."""

from collections.abc import Iterator

from seawall.clouds.audited import account, wanted
from seawall.kit import Finding, Look, check
from seawall.kit.cloud import Alarm, Schedule, Spending

DECLARE = "declare cloud: alarms with an email, then seawall apply"


class TellingChecks:
    """Who is told, and by what."""

    @check("A dead server is noticed outside of it", severity="should")
    def servers_have_alarms(self, look: Look) -> Iterator[Finding]:
        """A server that is dead tells nobody. An alarm of the cloud does, without any other
        server of yours."""
        alarms = account(look).all(Alarm)
        for server, placed in wanted(look).servers.items():
            instance = placed.aws or placed.gcp
            about = [each for each in alarms if each.instance == instance and each.kind == "dead"]
            if not about:
                yield Finding("nobody is told when it dies", f"{server} ({instance})", DECLARE)
            elif not any(each.tells for each in about):
                seen = f"{about[0].name} of {server} reaches nobody"
                fix = "confirm the address: there is a mail of the cloud in its inbox"
                yield Finding("an alarm tells nobody", seen, fix)

    @check("Somebody is told when the bill grows", severity="should")
    def the_bill_is_watched(self, look: Look) -> Iterator[Finding]:
        """A stolen key or a loop in your code can spend a year's money in a weekend. The bill
        comes afterwards."""
        if not account(look).all(Spending):
            seen = "no budget and no alarm on charges"
            fix = "declare cloud: alarms: monthly, then seawall apply; costs nothing"
            yield Finding("nobody is told when the bill grows", seen, fix)
        for each in account(look).all(Alarm):
            if each.kind == "billing" and each.state == "INSUFFICIENT_DATA":
                fix = "switch on CloudWatch billing alerts under Billing preferences, as root"
                yield Finding("the bill's alarm sees nothing", each.name, fix)

    @check("Schedules of snapshots run", severity="must")
    def schedules_run(self, look: Look) -> Iterator[Finding]:
        """A schedule can be switched off or fail, for instance when its role lost a permission.
        It then makes nothing, and says so only here."""
        for each in account(look).all(Schedule):
            if each.ours and (each.trouble or not each.enabled):
                seen = each.trouble or "it is switched off"
                yield Finding("a schedule makes nothing", f"{each.id}: {seen}", "seawall apply")
