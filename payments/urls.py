"""Pages of the payer and addresses that providers call."""

from django.urls import include, path

from payments.intents import slip_views as slips
from payments.intents import views as intents
from payments.invoices import views as invoices
from payments.webhooks import views as webhooks

app_name = "payments"

urlpatterns = [
    path("account/wallet/", include("payments.wallet.urls")),
    path("payments/return/<slug:provider>/", intents.payment_return, name="return"),
    path("payments/receipts/<uuid:receipt_id>.pdf", invoices.receipt_pdf, name="receipt-pdf"),
    path("payments/invoice-details/", invoices.invoice_details, name="invoice-details"),
    path("payments/<uuid:intent_id>/", intents.intent_detail, name="intent-detail"),
    path("payments/<uuid:intent_id>/slips/", slips.slip_create, name="slip-create"),
    path("payments/<uuid:intent_id>/start/", intents.intent_start, name="intent-start"),
    path("payments/<uuid:intent_id>/credit/", intents.intent_credit, name="intent-credit"),
    path("payments/<uuid:intent_id>/status/", intents.intent_status, name="intent-status"),
    path("payments/<uuid:intent_id>/transfer/", intents.intent_transfer, name="intent-transfer"),
    path(
        "payments/<uuid:intent_id>/transfer/code.png",
        intents.intent_transfer_code,
        name="intent-transfer-code",
    ),
    path("payments/<uuid:intent_id>/transfer/end/", intents.intent_transfer_end, name="intent-transfer-end"),
    path("webhooks/vnpay/ipn", webhooks.vnpay_ipn, name="vnpay-ipn"),
    path("webhooks/<slug:provider>/", webhooks.notification, name="notification"),
]
