"""Late money is not only late because the vehicle is taken: the change may have been withdrawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_purpose_of_changes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="reason",
            field=models.CharField(
                choices=[
                    ("cancellation", "hủy đơn"),
                    ("late_payment", "tiền đến quá muộn"),
                    ("surplus", "thanh toán thừa"),
                    ("deposit_release", "trả lại tiền cọc"),
                    ("operator_fault", "lỗi của VoltGo"),
                    ("change", "đổi lượt đặt"),
                    ("adjustment", "điều chỉnh"),
                ],
                max_length=20,
                verbose_name="lý do",
            ),
        ),
    ]
