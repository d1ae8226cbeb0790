"""Dated rows of one thing never overlap: a day has one tariff per place, one policy, one price of an add-on."""

from django.db import migrations

FORWARD = """
-- A station's own tariff is a place of its own beside its city's. Ranges of one number stand in for
-- equality, which GiST cannot do without an extension.
ALTER TABLE rentals_tariff DROP CONSTRAINT tariff_no_overlap;
ALTER TABLE rentals_tariff ADD CONSTRAINT tariff_no_overlap EXCLUDE USING gist (
    int8range(model_id, model_id, '[]') WITH &&,
    int8range(coalesce(city_id, 0), coalesce(city_id, 0), '[]') WITH &&,
    int8range(coalesce(station_id, 0), coalesce(station_id, 0), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
ALTER TABLE rentals_bookingpolicy ADD CONSTRAINT booking_policy_no_overlap EXCLUDE USING gist (
    daterange(valid_from, valid_until, '[]') WITH &&);
ALTER TABLE rentals_holiday ADD CONSTRAINT holiday_no_overlap EXCLUDE USING gist (
    daterange(first_day, last_day, '[]') WITH &&);
ALTER TABLE rentals_onewayfee ADD CONSTRAINT one_way_fee_no_overlap EXCLUDE USING gist (
    int8range(ascii(vehicle_kind), ascii(vehicle_kind), '[]') WITH &&,
    int8range(coalesce(origin_id, 0), coalesce(origin_id, 0), '[]') WITH &&,
    int8range(coalesce(destination_id, 0), coalesce(destination_id, 0), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
-- A slug has no range; its hash has. Two slugs of one hash would only be asked to take turns.
ALTER TABLE rentals_addon ADD CONSTRAINT add_on_no_overlap EXCLUDE USING gist (
    int8range(hashtext(slug), hashtext(slug), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
"""
BACKWARD = """
ALTER TABLE rentals_addon DROP CONSTRAINT add_on_no_overlap;
ALTER TABLE rentals_onewayfee DROP CONSTRAINT one_way_fee_no_overlap;
ALTER TABLE rentals_holiday DROP CONSTRAINT holiday_no_overlap;
ALTER TABLE rentals_bookingpolicy DROP CONSTRAINT booking_policy_no_overlap;
ALTER TABLE rentals_tariff DROP CONSTRAINT tariff_no_overlap;
ALTER TABLE rentals_tariff ADD CONSTRAINT tariff_no_overlap EXCLUDE USING gist (
    int8range(model_id, model_id, '[]') WITH &&,
    int8range(coalesce(city_id, 0), coalesce(city_id, 0), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0009_bookings_in_full")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
