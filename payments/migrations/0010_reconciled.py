"""What a payout covers, fees by contract, wishes for money in suspense; runs and resolutions stay as they are."""

import django.db.models.deletion
import django.db.models.functions.datetime
import voltgo.core.money
from django.db import migrations, models

KEPT = ("payments_providerpayout", "payments_reconciliationresolution")
# Rows of which one column may follow what happens; see the two functions below.
GUARDED = ("payments_reconciliationrun",)
FORWARD = "\n".join(
    [
        f"CREATE TRIGGER {table[9:]}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();"
        for table in KEPT
    ]
    + [
        f"CREATE TRIGGER {table[9:]}_kept BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();"
        for table in GUARDED
    ]
    + [
        f"CREATE TRIGGER {table[9:]}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();"
        for table in KEPT + GUARDED
    ]
    + [
        """
CREATE FUNCTION payments_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'is_current') IS DISTINCT FROM (to_jsonb(OLD) - 'is_current')
        OR (NEW.is_current AND NOT OLD.is_current) THEN
        RAISE EXCEPTION 'reconciliation run % stays as it was', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'reconciliation_run_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reconciliationrun_stays BEFORE UPDATE ON payments_reconciliationrun
    FOR EACH ROW EXECUTE FUNCTION payments_run_stays();
CREATE FUNCTION payments_bank_line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.account, NEW.line_ref, NEW.file_id, NEW.position, NEW.booked_at, NEW.amount, NEW.memo)
        IS DISTINCT FROM
       (OLD.account, OLD.line_ref, OLD.file_id, OLD.position, OLD.booked_at, OLD.amount, OLD.memo) THEN
        RAISE EXCEPTION 'bank line % stays as the bank wrote it', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_line_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bankline_stays BEFORE UPDATE ON payments_bankline
    FOR EACH ROW EXECUTE FUNCTION payments_bank_line_stays();
"""
    ]
)
BACKWARD = "\n".join(
    [
        "DROP TRIGGER bankline_stays ON payments_bankline;",
        "DROP FUNCTION payments_bank_line_stays();",
        "DROP TRIGGER reconciliationrun_stays ON payments_reconciliationrun;",
        "DROP FUNCTION payments_run_stays();",
    ]
    + [f"DROP TRIGGER {table[9:]}_no_truncate ON {table};" for table in KEPT + GUARDED]
    + [f"DROP TRIGGER {table[9:]}_kept ON {table};" for table in GUARDED]
    + [f"DROP TRIGGER {table[9:]}_append_only ON {table};" for table in KEPT]
)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0009_by_hand"),
    ]

    operations = [
        migrations.AddField(
            model_name="bankline",
            name="wish",
            field=models.CharField(
                blank=True,
                choices=[
                    ("assign", "ghi cho một đơn"),
                    ("payout", "ghi là tiền cổng thanh toán chuyển về"),
                    ("send_back", "chuyển trả người gửi"),
                    ("not_ours", "không liên quan đến cho thuê xe"),
                ],
                max_length=10,
                verbose_name="đề nghị",
            ),
        ),
        migrations.AddField(
            model_name="bankline",
            name="wish_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="lý do"),
        ),
        migrations.AddField(
            model_name="bankline",
            name="wish_target",
            field=models.CharField(blank=True, max_length=120, verbose_name="đề nghị ghi cho"),
        ),
        migrations.AddField(
            model_name="bankline",
            name="wished_by_label",
            field=models.CharField(blank=True, max_length=200, verbose_name="người đề nghị"),
        ),
        migrations.AddField(
            model_name="bankline",
            name="wished_by_ref",
            field=models.CharField(blank=True, max_length=64, verbose_name="mã người đề nghị"),
        ),
        migrations.AlterField(
            model_name="bankline",
            name="state",
            field=models.CharField(
                choices=[
                    ("new", "chưa xử lý"),
                    ("booked", "đã ghi sổ"),
                    ("suspense", "chưa rõ của ai"),
                    ("returning", "chờ chuyển trả"),
                    ("ignored", "bỏ qua có lý do"),
                ],
                default="new",
                max_length=10,
                verbose_name="trạng thái",
            ),
        ),
        migrations.CreateModel(
            name="FeeRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("vnpay", "VNPay"),
                            ("momo", "MoMo"),
                            ("payos", "payOS"),
                            ("stripe", "Stripe"),
                            ("bank", "ngân hàng"),
                        ],
                        max_length=10,
                        verbose_name="nguồn",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                ("basis_points", models.PositiveIntegerField(verbose_name="phần vạn")),
                (
                    "fixed_amount",
                    voltgo.core.money.DongField(default=0, verbose_name="cố định mỗi giao dịch"),
                ),
            ],
            options={
                "verbose_name": "biểu phí cổng thanh toán",
                "verbose_name_plural": "các biểu phí cổng thanh toán",
                "constraints": [
                    models.UniqueConstraint(fields=("source", "valid_from"), name="fee_rule_one_a_day"),
                    models.CheckConstraint(
                        condition=models.Q(("basis_points__lte", 2000), ("fixed_amount__gte", 0)),
                        name="fee_rule_within_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProviderPayout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("vnpay", "VNPay"),
                            ("momo", "MoMo"),
                            ("payos", "payOS"),
                            ("stripe", "Stripe"),
                            ("bank", "ngân hàng"),
                        ],
                        max_length=10,
                        verbose_name="nguồn",
                    ),
                ),
                ("first_day", models.DateField(verbose_name="từ ngày")),
                ("last_day", models.DateField(verbose_name="đến ngày")),
                ("gross_amount", voltgo.core.money.DongField(default=0, verbose_name="trước phí")),
                ("fee_amount", voltgo.core.money.DongField(default=0, verbose_name="phí")),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="ghi lúc"
                    ),
                ),
                (
                    "bank_line",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payout",
                        to="payments.bankline",
                        verbose_name="dòng sao kê",
                    ),
                ),
            ],
            options={
                "verbose_name": "lần cổng thanh toán chuyển tiền",
                "verbose_name_plural": "các lần cổng thanh toán chuyển tiền",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "first_day"), name="provider_payout_first_day_once"
                    ),
                    models.UniqueConstraint(
                        fields=("source", "last_day"), name="provider_payout_last_day_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="provider_payout_days_in_order",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
