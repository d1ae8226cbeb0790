"""Checklists by version with their points and photo positions; which version a vehicle was made ready by."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0009_numbered_bays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChecklistTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(editable=False, max_length=80, verbose_name='mã')),
                ('version', models.PositiveSmallIntegerField(editable=False, verbose_name='phiên bản')),
                ('purpose', models.CharField(choices=[('pickup', 'giao xe'), ('return', 'nhận lại xe'), ('preparation', 'chuẩn bị xe')], max_length=12, verbose_name='dùng khi')),
                ('vehicle_kind', models.CharField(choices=[('scooter', 'xe máy điện'), ('car', 'ô tô điện')], max_length=8, verbose_name='loại xe')),
                ('state', models.CharField(choices=[('draft', 'bản nháp'), ('published', 'đã ban hành'), ('retired', 'ngừng dùng')], default='draft', max_length=10, verbose_name='trạng thái')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='áp dụng từ')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='ghi chú')),
                ('content', models.JSONField(blank=True, default=dict, verbose_name='nội dung đã ban hành')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 nội dung')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='ban hành lúc')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='tạo lúc')),
                ('published_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='người ban hành')),
                ('vehicle_model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.vehiclemodel', verbose_name='riêng cho mẫu xe')),
            ],
            options={
                'verbose_name': 'danh mục kiểm tra',
                'verbose_name_plural': 'các danh mục kiểm tra',
            },
        ),
        migrations.CreateModel(
            name='ChecklistItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='thứ tự')),
                ('component', models.CharField(choices=[('outside', 'Bên ngoài'), ('inside', 'Bên trong'), ('safety', 'An toàn'), ('charging', 'Pin và sạc'), ('documents', 'Giấy tờ và chìa khóa'), ('renter', 'Với khách')], max_length=12, verbose_name='nhóm')),
                ('code', models.CharField(max_length=30, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]*\\Z', 'Mã chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ.')], verbose_name='mã')),
                ('words_vi', models.CharField(max_length=120, verbose_name='nội dung (tiếng Việt)')),
                ('words_en', models.CharField(max_length=120, verbose_name='nội dung (tiếng Anh)')),
                ('hint_vi', models.CharField(blank=True, max_length=200, verbose_name='cách xem (tiếng Việt)')),
                ('hint_en', models.CharField(blank=True, max_length=200, verbose_name='cách xem (tiếng Anh)')),
                ('is_mandatory', models.BooleanField(default=True, verbose_name='bắt buộc')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='stations.checklisttemplate', verbose_name='danh mục')),
            ],
            options={
                'verbose_name': 'mục kiểm tra',
                'verbose_name_plural': 'các mục kiểm tra',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='preparationrecord',
            name='checklist',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.checklisttemplate', verbose_name='danh mục'),
        ),
        migrations.CreateModel(
            name='PhotoPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='thứ tự')),
                ('code', models.CharField(max_length=20, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]*\\Z', 'Mã chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ.')], verbose_name='mã')),
                ('words_vi', models.CharField(max_length=60, verbose_name='tên vị trí (tiếng Việt)')),
                ('words_en', models.CharField(max_length=60, verbose_name='tên vị trí (tiếng Anh)')),
                ('outline', models.CharField(blank=True, help_text='Tệp trong static/img/outlines.', max_length=60, verbose_name='hình khung')),
                ('is_required', models.BooleanField(default=True, verbose_name='bắt buộc')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='stations.checklisttemplate', verbose_name='danh mục')),
            ],
            options={
                'verbose_name': 'vị trí chụp ảnh',
                'verbose_name_plural': 'các vị trí chụp ảnh',
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='checklisttemplate',
            constraint=models.UniqueConstraint(fields=('code', 'version'), name='checklist_version_once'),
        ),
        migrations.AddConstraint(
            model_name='checklisttemplate',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('valid_from__isnull', False), ('published_at__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='checklist_published_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='checklistitem',
            constraint=models.UniqueConstraint(fields=('template', 'code'), name='checklist_item_code_once', violation_error_message='Danh mục đã có mục mang mã này.'),
        ),
        migrations.AddConstraint(
            model_name='checklistitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hint_en', ''), ('hint_vi', '')), models.Q(models.Q(('hint_vi', ''), _negated=True), models.Q(('hint_en', ''), _negated=True)), _connector='OR'), name='checklist_item_hint_in_both', violation_error_message='Cách xem phải có ở cả hai ngôn ngữ, hoặc không có.'),
        ),
        migrations.AddConstraint(
            model_name='photoposition',
            constraint=models.UniqueConstraint(fields=('template', 'code'), name='photo_position_code_once', violation_error_message='Danh mục đã có vị trí mang mã này.'),
        ),
    ]
