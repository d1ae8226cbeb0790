"""Transfers by hand in batches, credit that is paid out, and adjustments with a reason."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
import voltgo.core.money
from django.conf import settings
from django.db import migrations, models


TABLES = ("payments_transferbatch", "payments_creditpayout", "payments_adjustment")
FORWARD = "\n".join(
    f"CREATE TRIGGER {table[9:]}_kept BEFORE DELETE ON {table}"
    f" FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();"
    f" CREATE TRIGGER {table[9:]}_no_truncate BEFORE TRUNCATE ON {table}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();"
    for table in TABLES
)
BACKWARD = "\n".join(
    f"DROP TRIGGER {table[9:]}_no_truncate ON {table}; DROP TRIGGER {table[9:]}_kept ON {table};"
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_cash_at_the_counter"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TransferBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True, verbose_name="mã")),
                ("made_by_ref", models.CharField(max_length=64, verbose_name="mã người lập")),
                ("made_by_label", models.CharField(max_length=200, verbose_name="người lập")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="lập lúc"
                    ),
                ),
                ("count", models.PositiveIntegerField(verbose_name="số lệnh")),
                ("amount", voltgo.core.money.DongField(default=0, verbose_name="tổng tiền")),
            ],
            options={
                "verbose_name": "bảng lệnh chuyển tiền",
                "verbose_name_plural": "các bảng lệnh chuyển tiền",
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("credit", "tặng vào số dư"), ("write_off", "xóa nợ")],
                        max_length=10,
                        verbose_name="loại",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=80, verbose_name="tham chiếu")),
                ("amount", voltgo.core.money.DongField(default=0, verbose_name="số tiền")),
                ("reason", models.CharField(max_length=300, verbose_name="lý do")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "chờ duyệt"),
                            ("done", "đã ghi sổ"),
                            ("rejected", "không duyệt"),
                        ],
                        default="requested",
                        max_length=10,
                        verbose_name="trạng thái",
                    ),
                ),
                (
                    "idempotency_key",
                    models.CharField(max_length=120, unique=True, verbose_name="khóa chống lặp"),
                ),
                (
                    "requested_by_kind",
                    models.CharField(
                        choices=[
                            ("renter", "người thuê"),
                            ("owner", "chủ xe"),
                            ("staff", "nhân viên trạm"),
                            ("supervisor", "trưởng trạm"),
                            ("operator", "vận hành"),
                            ("provider", "nhà cung cấp"),
                            ("system", "hệ thống"),
                        ],
                        max_length=16,
                        verbose_name="vai trò người yêu cầu",
                    ),
                ),
                ("requested_by_ref", models.CharField(max_length=64, verbose_name="mã người yêu cầu")),
                ("requested_by_label", models.CharField(max_length=200, verbose_name="người yêu cầu")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="tạo lúc")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="quyết định lúc")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="của",
                    ),
                ),
            ],
            options={
                "verbose_name": "khoản điều chỉnh",
                "verbose_name_plural": "các khoản điều chỉnh",
                "permissions": [("approve_adjustment", "Duyệt điều chỉnh")],
            },
        ),
        migrations.CreateModel(
            name="CreditPayout",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("amount", voltgo.core.money.DongField(default=0, verbose_name="số tiền")),
                ("payee", models.JSONField(verbose_name="người nhận")),
                ("memo", models.CharField(max_length=40, unique=True, verbose_name="nội dung chuyển khoản")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "chờ chuyển khoản"),
                            ("paid", "đã chuyển"),
                            ("cancelled", "đã trở lại số dư"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="trạng thái",
                    ),
                ),
                (
                    "bank_ref",
                    models.CharField(blank=True, max_length=80, verbose_name="mã giao dịch ngân hàng"),
                ),
                (
                    "idempotency_key",
                    models.CharField(max_length=120, unique=True, verbose_name="khóa chống lặp"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="tạo lúc")),
                ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="chuyển lúc")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_payouts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="của",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="payments.transferbatch",
                        verbose_name="bảng lệnh",
                    ),
                ),
            ],
            options={
                "verbose_name": "lần rút số dư",
                "verbose_name_plural": "các lần rút số dư",
            },
        ),
        migrations.AddField(
            model_name="refund",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payments.transferbatch",
                verbose_name="bảng lệnh",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("state", "by_hand")), fields=["created_at"], name="refund_by_hand"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="adjustment_amount_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="adjustment_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="adjustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "write_off"), _negated=True),
                    models.Q(("reference", ""), _negated=True),
                    _connector="OR",
                ),
                name="adjustment_writes_off_for_a_reference",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditpayout",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="credit_payout_amount_positive"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
