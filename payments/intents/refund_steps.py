"""What people decide about refunds and transfers by hand, each through its service."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from payments.intents import services
from payments.intents.enums import CreditPayoutState, RefundReason, RefundState, RefundWay
from payments.intents.models import CreditPayout, Refund
from payments.intents.services.credit import CAN_BECOME_CREDIT
from payments.intents.services.payees import masked
from voltgo.core.backoffice.columns import change_url
from voltgo.core.backoffice.steps import Facts, ReasonForm, Step, StepForm
from voltgo.core.money import format_dong

APPROVE = "payments.approve_refund"


class BankRefForm(StepForm):
    """Asks for the number that the bank gave the transfer."""

    bank_ref = forms.CharField(
        label=_("Mã giao dịch ngân hàng"), max_length=64, strip=True, widget=UnfoldAdminTextInputWidget()
    )


def _refund_facts(refund: Refund) -> Facts:
    return (
        (_("Số tiền"), format_dong(refund.amount)),
        (_("Lý do"), RefundReason(refund.reason).label),
        (_("Cách hoàn"), RefundWay(refund.way).label),
        (_("Người yêu cầu"), refund.requested_by_label),
    )


def _transfer_facts(row: Refund | CreditPayout) -> Facts:
    return (
        (_("Số tiền"), format_dong(row.amount)),
        (_("Người nhận"), masked(row.payee)),
        (_("Nội dung chuyển khoản"), row.memo),
    )


def _waits_for_approval(refund: Refund) -> bool:
    return refund.state == RefundState.REQUESTED


def _waits_for_a_transfer(row: Refund | CreditPayout) -> bool:
    if isinstance(row, CreditPayout):
        return row.state == CreditPayoutState.WAITING
    return row.state == RefundState.BY_HAND and row.way == RefundWay.TRANSFER


def _is_at_the_bank(row: Refund | CreditPayout) -> bool:
    return _waits_for_a_transfer(row) and row.batch_id is not None


def _may_be_batched(row: Refund | CreditPayout) -> bool:
    return _waits_for_a_transfer(row) and row.batch_id is None and bool(row.payee)


TRANSFER_STEPS = (
    Step(
        name="batch",
        label=_("Lập bảng lệnh chuyển tiền"),
        hint=_("Gom mọi khoản đang chờ chuyển và đã biết tài khoản vào một tệp cho ngân hàng."),
        do=lambda _row, by, _data: services.make_batch(by=by),
        applies=_may_be_batched,
        facts=_transfer_facts,
        lands_on=change_url,
        permission=APPROVE,
        icon="playlist_add",
        is_for_many=False,
    ),
    Step(
        name="transferred",
        label=_("Ngân hàng đã chuyển"),
        hint=_("Ghi mã giao dịch trên sao kê. Người lập bảng lệnh không tự xác nhận được."),
        form_class=BankRefForm,
        do=lambda row, by, data: services.confirm_transfer(row=row, bank_ref=data["bank_ref"], by=by),
        applies=_is_at_the_bank,
        facts=_transfer_facts,
        permission=APPROVE,
        icon="task_alt",
        is_for_many=False,
    ),
    Step(
        name="bounced",
        label=_("Ngân hàng không chuyển được"),
        hint=_("Lấy ra khỏi bảng lệnh. Khách được hỏi lại tài khoản nhận."),
        form_class=ReasonForm,
        do=lambda row, by, data: services.take_out_of_batch(row=row, by=by, reason=data["reason"]),
        applies=_is_at_the_bank,
        facts=_transfer_facts,
        permission=APPROVE,
        icon="undo",
        is_grave=True,
        is_for_many=False,
    ),
)
REFUND_STEPS = (
    Step(
        name="approve",
        label=_("Duyệt hoàn tiền"),
        hint=_("Tiền được gửi về khách ngay sau khi duyệt. Người yêu cầu không tự duyệt được."),
        do=lambda refund, by, _data: services.approve_refund(refund=refund, by=by),
        applies=_waits_for_approval,
        facts=_refund_facts,
        permission=APPROVE,
        asker="requested_by_ref",
        icon="task_alt",
    ),
    Step(
        name="reject",
        label=_("Không duyệt"),
        hint=_("Khoản tiền trở lại đơn của khách."),
        form_class=ReasonForm,
        do=lambda refund, by, data: services.reject_refund(refund=refund, by=by, reason=data["reason"]),
        applies=_waits_for_approval,
        facts=_refund_facts,
        permission=APPROVE,
        asker="requested_by_ref",
        icon="block",
        is_grave=True,
    ),
    Step(
        name="retry",
        label=_("Gửi lại cổng thanh toán"),
        hint=_("Sau khi nguyên nhân cổng từ chối đã được xử lý."),
        do=lambda refund, by, _data: services.retry_refund(refund=refund, by=by),
        applies=lambda refund: refund.state == RefundState.FAILED,
        facts=_refund_facts,
        permission=APPROVE,
        icon="replay",
    ),
    Step(
        name="came-back",
        label=_("Tiền đã quay lại cổng"),
        hint=_(
            "Khi cổng báo hoàn xong rồi lại trả tiền về, ví dụ thẻ đã đóng. Xem trên trang của cổng trước."
        ),
        form_class=ReasonForm,
        do=lambda refund, by, data: services.take_back_refund(refund=refund, by=by, reason=data["reason"]),
        applies=lambda refund: refund.state == RefundState.SUCCEEDED and refund.way == RefundWay.ORIGINAL,
        facts=_refund_facts,
        permission=APPROVE,
        icon="undo",
        is_grave=True,
        is_for_many=False,
    ),
    Step(
        name="transfer",
        label=_("Chuyển khoản thay cho cổng"),
        hint=_("Khi cổng thanh toán từ chối hẳn. Khoản này vào danh sách chờ chuyển của tài chính."),
        form_class=ReasonForm,
        do=lambda refund, by, data: services.transfer_instead(refund=refund, by=by, reason=data["reason"]),
        applies=lambda refund: refund.state == RefundState.FAILED,
        facts=_refund_facts,
        permission=APPROVE,
        icon="account_balance",
        is_for_many=False,
    ),
    Step(
        name="credit",
        label=_("Chuyển vào số dư của khách"),
        hint=_("Khi khách muốn vậy. Có hiệu lực ngay."),
        form_class=ReasonForm,
        do=lambda refund, by, data: services.refund_to_credit(refund=refund, by=by, reason=data["reason"]),
        applies=lambda refund: refund.state in CAN_BECOME_CREDIT and refund.batch_id is None,
        facts=_refund_facts,
        permission=APPROVE,
        icon="wallet",
        is_for_many=False,
    ),
    *TRANSFER_STEPS,
)
PAYOUT_STEPS = (
    *TRANSFER_STEPS,
    Step(
        name="cancel",
        label=_("Trả lại vào số dư"),
        form_class=ReasonForm,
        do=lambda payout, by, data: services.cancel_payout(payout=payout, by=by, reason=data["reason"]),
        applies=lambda payout: payout.state == CreditPayoutState.WAITING and payout.batch_id is None,
        facts=_transfer_facts,
        permission=APPROVE,
        icon="undo",
        is_for_many=False,
    ),
)
