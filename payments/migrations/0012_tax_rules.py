"""Tax rules are dated rows: one rule per activity and day, and the rules that we start with."""

from dataclasses import asdict

from django.db import migrations, models

from payments.invoices.first_rules import FIRST_RULES

# A name has no range; its hash has, and no two of our activities share one.
NO_OVERLAP = """
ALTER TABLE payments_taxrule ADD CONSTRAINT tax_rule_no_overlap EXCLUDE USING gist (
    int8range(hashtext(activity), hashtext(activity), '[]') WITH &&,
    daterange(valid_from, valid_until, '[]') WITH &&);
"""
NO_OVERLAP_BACK = "ALTER TABLE payments_taxrule DROP CONSTRAINT tax_rule_no_overlap;"


def write_first(apps, schema_editor):
    rules = apps.get_model("payments", "TaxRule").objects
    if not rules.exists():
        rules.bulk_create(rules.model(**asdict(rule)) for rule in FIRST_RULES)


class Migration(migrations.Migration):
    dependencies = [("payments", "0011_receipts_of_every_kind")]
    operations = [
        migrations.CreateModel(
            name="TaxRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "activity",
                    models.CharField(
                        choices=[
                            ("vehicle_rental", "cho thuê xe"),
                            ("fee", "phí dịch vụ khi thuê và trả xe"),
                            ("cancellation", "phí hủy, phí không đến"),
                            ("compensation", "bồi thường thiệt hại"),
                            ("penalty", "phạt vi phạm hợp đồng"),
                            ("deposit", "tiền cọc"),
                            ("fine", "tiền phạt thu hộ"),
                        ],
                        max_length=20,
                        verbose_name="hoạt động",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="áp dụng đến hết")),
                (
                    "vat_bp",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Để trống: không chịu thuế GTGT.",
                        null=True,
                        verbose_name="thuế suất (phần vạn)",
                    ),
                ),
                ("source", models.CharField(max_length=300, verbose_name="căn cứ")),
                (
                    "status",
                    models.CharField(
                        choices=[("confirmed", "đã xác nhận"), ("unconfirmed", "chờ kế toán xác nhận")],
                        default="unconfirmed",
                        max_length=12,
                        verbose_name="tình trạng",
                    ),
                ),
            ],
            options={"verbose_name": "quy tắc thuế GTGT", "verbose_name_plural": "các quy tắc thuế GTGT"},
        ),
        migrations.AddConstraint(
            "taxrule",
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gte=models.F("valid_from")),
                name="tax_rule_dates_in_order",
                violation_error_message="Ngày cuối phải bằng hoặc sau ngày bắt đầu.",
            ),
        ),
        migrations.AddConstraint(
            "taxrule",
            models.CheckConstraint(
                condition=models.Q(vat_bp=None) | models.Q(vat_bp__lt=10_000),
                name="tax_rule_rate_sane",
                violation_error_message="Thuế suất phải dưới 100 phần trăm.",
            ),
        ),
        migrations.RunSQL(NO_OVERLAP, NO_OVERLAP_BACK),
        migrations.RunPython(write_first, migrations.RunPython.noop),
    ]
