"""Holds that ran out and that nobody has swept yet."""

from stations.timeline.enums import AllocationState

# Whether there are any of `model` at `station`, as a part of somebody else's statement. The state is a literal:
# a partial index is chosen by it.
HAS_STALE_HOLDS = f"""
    EXISTS (SELECT FROM stations_vehicleallocation a JOIN stations_vehicle v ON v.id = a.vehicle_id
            WHERE a.station_id = %(station)s AND a.state = '{AllocationState.HELD}' AND a.hold_expires_at <= %(now)s
              AND v.model_id = %(model)s)
"""
