"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from stations.bays import admin as bays
from stations.charging_queue import admin as charging_queue
from stations.checklists import admin as checklists
from stations.fleet import admin as fleet
from stations.maintenance import admin as maintenance
from stations.network import admin as network
from stations.supply import admin as supply
from stations.tablets import admin as tablets
from stations.timeline import admin as timeline
from stations.transfers import admin as transfers

__all__ = [
    "bays",
    "charging_queue",
    "checklists",
    "fleet",
    "maintenance",
    "network",
    "supply",
    "tablets",
    "timeline",
    "transfers",
]
