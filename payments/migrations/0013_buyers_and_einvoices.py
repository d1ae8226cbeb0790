"""Who buys, and the data of e-invoices: what was written down stays, what the authority coded stays coded."""

import django.db.models.deletion
import django.db.models.expressions
import uuid
import voltgo.core.money
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER einvoice_kept BEFORE DELETE ON payments_einvoice
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER einvoice_no_truncate BEFORE TRUNCATE ON payments_einvoice
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER einvoicebatch_kept BEFORE DELETE ON payments_einvoicebatch
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER einvoicebatch_no_truncate BEFORE TRUNCATE ON payments_einvoicebatch
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE FUNCTION payments_einvoice_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind, NEW.receipt_id, NEW.original_id, NEW.reference, NEW.idempotency_key, NEW.content, NEW.net,
        NEW.vat, NEW.total, NEW.tax_point, NEW.due_on)
        IS DISTINCT FROM
       (OLD.kind, OLD.receipt_id, OLD.original_id, OLD.reference, OLD.idempotency_key, OLD.content, OLD.net,
        OLD.vat, OLD.total, OLD.tax_point, OLD.due_on)
        OR (OLD.number <> '' AND (NEW.number, NEW.serial, NEW.authority_code)
            IS DISTINCT FROM (OLD.number, OLD.serial, OLD.authority_code)) THEN
        RAISE EXCEPTION 'e-invoice % stays as it is: adjust or replace it', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'einvoice_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER einvoice_frozen BEFORE UPDATE ON payments_einvoice
    FOR EACH ROW EXECUTE FUNCTION payments_einvoice_frozen();
"""
BACKWARD = """
DROP TRIGGER einvoice_frozen ON payments_einvoice;
DROP FUNCTION payments_einvoice_frozen();
DROP TRIGGER einvoicebatch_no_truncate ON payments_einvoicebatch;
DROP TRIGGER einvoicebatch_kept ON payments_einvoicebatch;
DROP TRIGGER einvoice_no_truncate ON payments_einvoice;
DROP TRIGGER einvoice_kept ON payments_einvoice;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0012_tax_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EInvoiceBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=20, verbose_name='nhà cung cấp')),
                ('day', models.DateField(verbose_name='ngày')),
                ('number', models.PositiveIntegerField(verbose_name='lần')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='tạo lúc')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='số hóa đơn')),
                ('xml', models.CharField(blank=True, max_length=120, verbose_name='tệp XML')),
                ('xml_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 của XML')),
                ('json', models.CharField(blank=True, max_length=120, verbose_name='tệp JSON')),
                ('json_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 của JSON')),
            ],
            options={
                'verbose_name': 'lần xuất dữ liệu hóa đơn',
                'verbose_name_plural': 'các lần xuất dữ liệu hóa đơn',
                'constraints': [models.UniqueConstraint(fields=('provider', 'day', 'number'), name='einvoice_batch_numbered')],
            },
        ),
        migrations.CreateModel(
            name='BuyerDetails',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(blank=True, max_length=80, verbose_name='tham chiếu')),
                ('kind', models.CharField(choices=[('company', 'công ty, tổ chức'), ('person', 'cá nhân Việt Nam'), ('foreigner', 'cá nhân nước ngoài')], max_length=12, verbose_name='người mua là')),
                ('name', models.CharField(max_length=200, verbose_name='tên trên hóa đơn')),
                ('tax_code', models.CharField(blank=True, max_length=14, verbose_name='mã số thuế')),
                ('person_number_encrypted', models.TextField(blank=True, verbose_name='số định danh hoặc hộ chiếu (mã hóa)')),
                ('address', models.CharField(blank=True, max_length=300, verbose_name='địa chỉ')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email nhận hóa đơn')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='sửa lúc')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='buyer_details', to=settings.AUTH_USER_MODEL, verbose_name='người thuê')),
            ],
            options={
                'verbose_name': 'thông tin xuất hóa đơn',
                'verbose_name_plural': 'các thông tin xuất hóa đơn',
                'constraints': [models.UniqueConstraint(fields=('user', 'reference'), name='buyer_details_one_per_reference'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'company'), _negated=True), models.Q(('tax_code', ''), _negated=True), _connector='OR'), name='buyer_company_has_a_tax_code')],
            },
        ),
        migrations.CreateModel(
            name='EInvoice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sale', 'hóa đơn gốc'), ('adjustment', 'hóa đơn điều chỉnh'), ('replacement', 'hóa đơn thay thế')], default='sale', max_length=12, verbose_name='loại')),
                ('reference', models.CharField(max_length=80, verbose_name='tham chiếu')),
                ('idempotency_key', models.CharField(max_length=160, unique=True, verbose_name='khóa chống lặp')),
                ('content', models.JSONField(verbose_name='nội dung')),
                ('net', voltgo.core.money.DongField(default=0, verbose_name='trước thuế')),
                ('vat', voltgo.core.money.DongField(default=0, verbose_name='thuế GTGT')),
                ('total', voltgo.core.money.DongField(default=0, verbose_name='tổng cộng')),
                ('tax_point', models.DateField(verbose_name='ngày phát sinh nghĩa vụ thuế')),
                ('due_on', models.DateField(verbose_name='phải gửi trước hết ngày')),
                ('state', models.CharField(choices=[('draft', 'chờ xuất dữ liệu'), ('exported', 'đã gửi dữ liệu'), ('coded', 'đã có mã cơ quan thuế'), ('adjusted', 'đã được điều chỉnh'), ('replaced', 'đã được thay thế'), ('rejected', 'bị từ chối')], default='draft', max_length=10, verbose_name='trạng thái')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='lập lúc')),
                ('exported_at', models.DateTimeField(blank=True, null=True, verbose_name='xuất lúc')),
                ('provider', models.CharField(blank=True, max_length=20, verbose_name='nhà cung cấp')),
                ('provider_ref', models.CharField(blank=True, max_length=64, verbose_name='mã ở nhà cung cấp')),
                ('form_number', models.CharField(blank=True, max_length=10, verbose_name='mẫu số')),
                ('serial', models.CharField(blank=True, max_length=12, verbose_name='ký hiệu')),
                ('number', models.CharField(blank=True, max_length=12, verbose_name='số hóa đơn')),
                ('authority_code', models.CharField(blank=True, max_length=64, verbose_name='mã cơ quan thuế')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='ngày hóa đơn')),
                ('rejection', models.CharField(blank=True, max_length=300, verbose_name='lý do từ chối')),
                ('original', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followers', to='payments.einvoice', verbose_name='hóa đơn gốc')),
                ('receipt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='einvoices', to='payments.receipt', verbose_name='biên nhận')),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='payments.einvoicebatch', verbose_name='lần xuất')),
            ],
            options={
                'verbose_name': 'dữ liệu hóa đơn điện tử',
                'verbose_name_plural': 'dữ liệu hóa đơn điện tử',
                'permissions': [('export_einvoice', 'Xuất dữ liệu hóa đơn')],
                'indexes': [models.Index(condition=models.Q(('state__in', ['draft', 'exported'])), fields=['due_on'], name='einvoice_waiting'), models.Index(fields=['reference'], name='einvoice_reference')],
                'constraints': [models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat')))), name='einvoice_total_is_net_and_vat'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'sale'), ('original', None)), models.Q(models.Q(('kind', 'sale'), _negated=True), ('original__isnull', False)), _connector='OR'), name='einvoice_follower_names_its_original'), models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('serial', 'number'), name='einvoice_number_once')],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
