"""Every feature, in the order it is applied."""

from seawall.features.scalability.apps import Apps
from seawall.features.scalability.peers import Peers
from seawall.features.scalability.runbook import Runbook
from seawall.features.security.accounts import Accounts
from seawall.features.security.exposure import Exposure
from seawall.features.security.firewall import Firewall
from seawall.features.security.leaks import Leaks
from seawall.features.security.people import People
from seawall.features.security.secrets import Secrets
from seawall.features.security.ssh import Ssh
from seawall.features.security.tls import Tls
from seawall.features.security.updates import Updates
from seawall.features.stability.alerts import Alerts
from seawall.features.stability.backups import Backups
from seawall.features.stability.baseline import Baseline
from seawall.features.stability.cloud import Cloud
from seawall.features.stability.databases import Databases
from seawall.features.stability.monitoring import Monitoring
from seawall.features.stability.resources import Resources
from seawall.features.stability.restarts import Restarts
from seawall.kit import Feature

FEATURES: tuple[type[Feature], ...] = (
    Baseline,
    Updates,
    People,
    Secrets,
    Databases,
    Apps,
    Peers,
    Backups,
    Monitoring,
    Alerts,
    Tls,
    Firewall,
    Ssh,
    Accounts,
    Exposure,
    Restarts,
    Resources,
    Runbook,
    Cloud,
    Leaks,
)
