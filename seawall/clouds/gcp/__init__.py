"""A project at Google Cloud behind the contract; Google's client is imported when it is asked.

What is ours bears the label `seawall`, or the description `seawall=PROJECT` where Google has no
labels. Only that is changed, and disks of named servers, which get the schedule of snapshots.
"""

from seawall.clouds.gcp.account import Google
from seawall.clouds.gcp.declared import declared
from seawall.clouds.gcp.door import Door
from seawall.kit.cloud import Wanted


def opened(wanted: Wanted) -> Google:
    """The project, ready to be asked; nothing is asked yet."""
    told = declared(wanted)
    return Google(Door(told.project), told)
