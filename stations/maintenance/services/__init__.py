"""Every write of maintenance: what is reported, who sees to it, and how it ends."""

from stations.maintenance.services.deciding import assign, close, reopen
from stations.maintenance.services.reporting import add_photos, refer, report_fault
from stations.maintenance.services.teams import end_membership
from stations.maintenance.services.working import accept, give_back, resolve, set_out, start

__all__ = [
    "accept",
    "add_photos",
    "assign",
    "close",
    "end_membership",
    "give_back",
    "refer",
    "reopen",
    "report_fault",
    "resolve",
    "set_out",
    "start",
]
