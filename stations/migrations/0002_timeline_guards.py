"""No two live claims on one vehicle overlap, and what search needs to stay flat as history grows."""

from django.db import migrations

FORWARD = """
-- A claim as a box: x is the vehicle, y the seconds since 2000. Core PostgreSQL, no extension, and three to
-- four times cheaper to insert than int8range + tstzrange (docs/adr/0003). A box includes its borders, so
-- the end is drawn in by a millisecond; times are whole seconds (check below), hence nothing slips through.
CREATE FUNCTION voltgo_claim_box(vehicle bigint, period tstzrange) RETURNS box
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT box(
        point(vehicle::float8, extract(epoch FROM lower(period) - timestamptz '2000-01-01 00:00+00')::float8),
        point(vehicle::float8, extract(epoch FROM upper(period) - timestamptz '2000-01-01 00:00+00')::float8 - 0.001))
$$;
ALTER TABLE stations_vehicleallocation
    ADD CONSTRAINT allocation_period_is_sound CHECK (
        NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)
        AND lower_inc(period) AND NOT upper_inc(period)
        AND mod(extract(epoch FROM lower(period)), 1) = 0 AND mod(extract(epoch FROM upper(period)), 1) = 0),
    ADD CONSTRAINT allocation_no_overlap EXCLUDE USING gist (voltgo_claim_box(vehicle_id, period) WITH &&)
        WHERE (state IN ('held', 'confirmed', 'on_rental', 'blocked'));

-- Search: what is claimed at a station from a moment on. Past claims are outside of the index range.
CREATE INDEX allocation_live_station ON stations_vehicleallocation (station_id, upper(period))
    INCLUDE (vehicle_id) WHERE state IN ('held', 'confirmed', 'on_rental', 'blocked');
-- One vehicle's live claims: the sweep before a hold, the vehicle's calendar.
CREATE INDEX allocation_live_vehicle ON stations_vehicleallocation (vehicle_id, upper(period))
    WHERE state IN ('held', 'confirmed', 'on_rental', 'blocked');

-- The station of a live claim is the station of its vehicle, always.
CREATE FUNCTION voltgo_allocation_station() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT station_id INTO STRICT NEW.station_id FROM stations_vehicle WHERE id = NEW.vehicle_id;
    RETURN NEW;
END $$;
CREATE TRIGGER allocation_station BEFORE INSERT OR UPDATE OF vehicle_id ON stations_vehicleallocation
    FOR EACH ROW EXECUTE FUNCTION voltgo_allocation_station();
CREATE FUNCTION voltgo_vehicle_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stations_vehicleallocation SET station_id = NEW.station_id
     WHERE vehicle_id = NEW.id AND state IN ('held', 'confirmed', 'on_rental', 'blocked');
    RETURN NULL;
END $$;
CREATE TRIGGER vehicle_moved AFTER UPDATE OF station_id ON stations_vehicle
    FOR EACH ROW WHEN (OLD.station_id IS DISTINCT FROM NEW.station_id) EXECUTE FUNCTION voltgo_vehicle_moved();
"""
BACKWARD = """
DROP TRIGGER vehicle_moved ON stations_vehicle;
DROP FUNCTION voltgo_vehicle_moved();
DROP TRIGGER allocation_station ON stations_vehicleallocation;
DROP FUNCTION voltgo_allocation_station();
DROP INDEX allocation_live_vehicle;
DROP INDEX allocation_live_station;
ALTER TABLE stations_vehicleallocation DROP CONSTRAINT allocation_no_overlap, DROP CONSTRAINT allocation_period_is_sound;
DROP FUNCTION voltgo_claim_box(bigint, tstzrange);
"""


class Migration(migrations.Migration):
    dependencies = [("stations", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
