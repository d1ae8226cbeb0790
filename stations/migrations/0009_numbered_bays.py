"""Bays get numbers: a row for each, kept as many as the station has, and where a vehicle stands."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
-- A station has as many bays in use as its number says, whoever writes it. Bays beyond it keep their rows.
CREATE FUNCTION voltgo_station_bays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stations_bay (station_id, number, "row", has_charger, is_active)
    SELECT NEW.id, each, '', true, true FROM generate_series(1, NEW.bays) AS each
    ON CONFLICT (station_id, number) DO UPDATE SET is_active = true WHERE NOT stations_bay.is_active;
    UPDATE stations_vehicle SET bay_id = NULL
     WHERE bay_id IN (SELECT id FROM stations_bay WHERE station_id = NEW.id AND number > NEW.bays);
    UPDATE stations_bay SET is_active = false WHERE station_id = NEW.id AND number > NEW.bays AND is_active;
    RETURN NULL;
END $$;
CREATE TRIGGER station_bays AFTER INSERT OR UPDATE OF bays ON stations_station
    FOR EACH ROW EXECUTE FUNCTION voltgo_station_bays();
INSERT INTO stations_bay (station_id, number, "row", has_charger, is_active)
SELECT station.id, each, '', true, true
  FROM stations_station AS station, generate_series(1, station.bays) AS each;
"""
BACKWARD = """
DROP TRIGGER station_bays ON stations_station;
DROP FUNCTION voltgo_station_bays();
"""


class Migration(migrations.Migration):
    dependencies = [("stations", "0008_tablets")]

    operations = [
        migrations.CreateModel(
            name="Bay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="số")),
                ("row", models.CharField(blank=True, max_length=4, verbose_name="dãy")),
                ("has_charger", models.BooleanField(default=True, verbose_name="có trụ sạc")),
                ("is_active", models.BooleanField(default=True, verbose_name="đang dùng")),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="numbered_bays",
                        to="stations.station",
                        verbose_name="trạm",
                    ),
                ),
            ],
            options={
                "verbose_name": "chỗ đỗ",
                "verbose_name_plural": "chỗ đỗ",
                "ordering": ["station", "number"],
            },
        ),
        migrations.AddField(
            model_name="vehicle",
            name="bay",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="vehicle",
                to="stations.bay",
                verbose_name="chỗ đỗ",
            ),
        ),
        migrations.AddConstraint(
            model_name="bay",
            constraint=models.UniqueConstraint(fields=("station", "number"), name="bay_number_once"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
