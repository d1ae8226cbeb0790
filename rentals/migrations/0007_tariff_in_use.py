"""A tariff that quotes were made from keeps its prices; only its last day may still be set."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rentals_tariff_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'valid_until' <> to_jsonb(OLD) - 'valid_until'
        AND EXISTS (SELECT FROM rentals_quote WHERE tariff_id = OLD.id) THEN
        RAISE EXCEPTION 'a tariff in use never changes: UPDATE refused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tariff_in_use BEFORE UPDATE ON rentals_tariff
    FOR EACH ROW EXECUTE FUNCTION rentals_tariff_in_use();
"""
BACKWARD = """
DROP TRIGGER tariff_in_use ON rentals_tariff;
DROP FUNCTION rentals_tariff_in_use();
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0006_polite_constraints")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
