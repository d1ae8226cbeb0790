"""A statement that somebody brings has no lines before somebody else has confirmed it; the database sees to it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER statementconfirmation_append_only BEFORE UPDATE OR DELETE ON payments_statementconfirmation
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER statementconfirmation_no_truncate BEFORE TRUNCATE ON payments_statementconfirmation
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE FUNCTION payments_statement_two_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payments_statementfile WHERE id = NEW.file_id AND received_ref IN ('', NEW.by_ref)
    ) THEN
        RAISE EXCEPTION 'statement % is confirmed by another person than who brought it', NEW.file_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'statement_confirmed_by_another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statement_confirmed_by_another BEFORE INSERT ON payments_statementconfirmation
    FOR EACH ROW EXECUTE FUNCTION payments_statement_two_people();
CREATE FUNCTION payments_bank_line_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payments_statementfile WHERE id = NEW.file_id AND received_ref <> '')
        AND NOT EXISTS (SELECT 1 FROM payments_statementconfirmation WHERE file_id = NEW.file_id) THEN
        RAISE EXCEPTION 'statement % waits for a second person', NEW.file_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_line_confirmed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bank_line_confirmed BEFORE INSERT ON payments_bankline
    FOR EACH ROW EXECUTE FUNCTION payments_bank_line_confirmed();
"""
BACKWARD = """
DROP TRIGGER bank_line_confirmed ON payments_bankline;
DROP FUNCTION payments_bank_line_confirmed();
DROP TRIGGER statement_confirmed_by_another ON payments_statementconfirmation;
DROP FUNCTION payments_statement_two_people();
DROP TRIGGER statementconfirmation_no_truncate ON payments_statementconfirmation;
DROP TRIGGER statementconfirmation_append_only ON payments_statementconfirmation;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_who_brought_the_file"), ("core", "0002_append_only")]

    operations = [
        migrations.AlterField(
            model_name="moneycase",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mismatch", "số tiền hoặc nơi nhận không khớp"),
                    ("review", "cổng thanh toán chờ ta quyết định"),
                    ("unknown_money", "tiền chưa rõ của ai"),
                    ("refund_failed", "không hoàn được tiền"),
                    ("hold_lost", "mất tiền giữ trên thẻ"),
                    ("chargeback", "ngân hàng đòi lại tiền"),
                    ("file_missing", "thiếu tệp đối soát hoặc sao kê"),
                    ("reconciliation", "đối soát lệch"),
                    ("statement", "sao kê chờ người thứ hai xác nhận"),
                    ("cash_variance", "chênh lệch két"),
                    ("ledger", "sổ cái không khớp"),
                    ("other", "khác"),
                ],
                max_length=16,
                verbose_name="loại",
            ),
        ),
        migrations.CreateModel(
            name="StatementConfirmation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_ref", models.CharField(blank=True, max_length=64, verbose_name="mã người xác nhận")),
                ("by_label", models.CharField(max_length=200, verbose_name="người xác nhận")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="lúc"
                    ),
                ),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmation",
                        to="payments.statementfile",
                        verbose_name="sao kê",
                    ),
                ),
            ],
            options={
                "verbose_name": "xác nhận sao kê",
                "verbose_name_plural": "các xác nhận sao kê",
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
