"""Gathers the pages for operators of this app's areas, where Django looks for them."""

from stations.bays import admin as bays
from stations.checklists import admin as checklists
from stations.fleet import admin as fleet
from stations.network import admin as network
from stations.supply import admin as supply
from stations.timeline import admin as timeline

__all__ = ["bays", "checklists", "fleet", "network", "supply", "timeline"]
