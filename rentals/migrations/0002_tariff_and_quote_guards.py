"""Tariffs of one model and city never overlap; a quote is never changed."""

from django.db import migrations

FORWARD = """
-- Two tariffs valid on one day would leave the price to chance. Ranges of one number stand in for
-- equality, which GiST cannot do without an extension.
ALTER TABLE rentals_tariff ADD CONSTRAINT tariff_no_overlap EXCLUDE USING gist (
    int8range(model_id, model_id, '[]') WITH &&,
    int8range(coalesce(city_id, 0), coalesce(city_id, 0), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
ALTER TABLE rentals_taxrate ADD CONSTRAINT tax_rate_no_overlap EXCLUDE USING gist (
    daterange(valid_from, valid_until, '[]') WITH &&);
CREATE TRIGGER quote_frozen BEFORE UPDATE ON rentals_quote
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
"""
BACKWARD = """
DROP TRIGGER quote_frozen ON rentals_quote;
ALTER TABLE rentals_taxrate DROP CONSTRAINT tax_rate_no_overlap;
ALTER TABLE rentals_tariff DROP CONSTRAINT tariff_no_overlap;
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0001_initial"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
