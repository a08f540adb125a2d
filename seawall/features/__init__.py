"""Every feature, in the order it is applied."""

from seawall.features.security.firewall import Firewall
from seawall.features.security.people import People
from seawall.features.security.ssh import Ssh
from seawall.features.security.updates import Updates
from seawall.features.stability.baseline import Baseline
from seawall.kit import Feature

FEATURES: tuple[type[Feature], ...] = (Baseline, Updates, People, Firewall, Ssh)
