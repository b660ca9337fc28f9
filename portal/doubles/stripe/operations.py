"""The API of the double as one table: method, path, the SDK's parameter type, what runs, what is modelled.

A route that is not in the table is answered as Stripe answers an unknown one. To add an operation: one row
here, its behaviour in `objects/`, its expandable fields in `expansion`.
"""

from stripe.params import (
    AccountRetrieveCurrentParams,
    AccountRetrieveParams,
    BalanceTransactionListParams,
    BalanceTransactionRetrieveParams,
    ChargeListParams,
    ChargeRetrieveParams,
    ChargeUpdateParams,
    CustomerRetrieveParams,
    DisputeCloseParams,
    DisputeListParams,
    DisputeRetrieveParams,
    DisputeUpdateParams,
    EventListParams,
    EventRetrieveParams,
    PaymentIntentCancelParams,
    PaymentIntentCreateParams,
    PaymentIntentListParams,
    PaymentIntentRetrieveParams,
    PaymentIntentUpdateParams,
    PaymentMethodDetachParams,
    PaymentMethodRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
    RefundUpdateParams,
    SetupIntentRetrieveParams,
    WebhookEndpointCreateParams,
    WebhookEndpointDeleteParams,
    WebhookEndpointListParams,
    WebhookEndpointRetrieveParams,
)
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionLineItemListParams,
    SessionListParams,
    SessionRetrieveParams,
    SessionUpdateParams,
)

from portal.doubles.stripe import answers
from portal.doubles.stripe.calls import Operation, listing, retrieve, updating

_PAGES = "created ending_before expand limit starting_after"
_SESSION = (
    "allowed_payment_method_types cancel_url client_reference_id currency custom_text.submit customer_creation "
    "customer_email excluded_payment_method_types expand expires_at integration_identifier "
    "line_items.metadata line_items.quantity "
    "line_items.price_data.currency line_items.price_data.tax_behavior line_items.price_data.unit_amount "
    "line_items.price_data.product_data.description line_items.price_data.product_data.metadata "
    "line_items.price_data.product_data.name "
    "locale metadata mode origin_context "
    "payment_intent_data.application_fee_amount payment_intent_data.capture_method "
    "payment_intent_data.description payment_intent_data.metadata payment_intent_data.receipt_email "
    "payment_intent_data.statement_descriptor payment_intent_data.statement_descriptor_suffix "
    "payment_method_options.card.request_three_d_secure setup_intent_data.metadata submit_type success_url ui_mode"
)

_SAVED_CHARGE = (
    "allowed_payment_method_types amount confirm currency customer description expand metadata off_session "
    "payment_method statement_descriptor_suffix"
)

_SESSIONS, _INTENTS, _REFUNDS = "/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"
_DISPUTES, _ENDPOINTS = "/v1/disputes", "/v1/webhook_endpoints"

OPERATIONS = (
    Operation("POST", _SESSIONS, SessionCreateParams, answers.create_session, _SESSION),
    Operation(
        "GET",
        _SESSIONS,
        SessionListParams,
        answers.list_sessions,
        f"{_PAGES} customer_details payment_intent status",
    ),
    Operation("GET", f"{_SESSIONS}/<id>", SessionRetrieveParams, retrieve("checkout.session")),
    Operation(
        "POST",
        f"{_SESSIONS}/<id>",
        SessionUpdateParams,
        updating("checkout.session", None),
        "metadata expand",
    ),
    Operation("POST", f"{_SESSIONS}/<id>/expire", SessionExpireParams, answers.expire_session),
    Operation("GET", f"{_SESSIONS}/<id>/line_items", SessionLineItemListParams, answers.list_line_items),
    Operation("GET", _INTENTS, PaymentIntentListParams, listing("payment_intent"), _PAGES),
    Operation("POST", _INTENTS, PaymentIntentCreateParams, answers.charge_saved, _SAVED_CHARGE),
    Operation(
        "POST",
        f"{_INTENTS}/<id>/cancel",
        PaymentIntentCancelParams,
        answers.cancel_intent,
        "cancellation_reason expand",
    ),
    Operation("GET", f"{_INTENTS}/<id>", PaymentIntentRetrieveParams, retrieve("payment_intent", "intent"), "expand"),
    Operation(
        "POST",
        f"{_INTENTS}/<id>",
        PaymentIntentUpdateParams,
        updating("payment_intent", None),
        "metadata description expand",
    ),
    Operation(
        "GET",
        "/v1/charges",
        ChargeListParams,
        listing("charge", "payment_intent"),
        f"{_PAGES} payment_intent",
    ),
    Operation("GET", "/v1/charges/<id>", ChargeRetrieveParams, retrieve("charge")),
    Operation(
        "POST",
        "/v1/charges/<id>",
        ChargeUpdateParams,
        updating("charge", "charge.updated"),
        "metadata description expand",
    ),
    Operation(
        "POST",
        _REFUNDS,
        RefundCreateParams,
        answers.create_refund,
        "amount charge expand metadata payment_intent reason",
    ),
    Operation(
        "GET",
        _REFUNDS,
        RefundListParams,
        listing("refund", "charge", "payment_intent"),
        f"{_PAGES} charge payment_intent",
    ),
    Operation("GET", f"{_REFUNDS}/<id>", RefundRetrieveParams, retrieve("refund")),
    Operation("POST", f"{_REFUNDS}/<id>", RefundUpdateParams, updating("refund", "refund.updated")),
    Operation(
        "GET",
        _DISPUTES,
        DisputeListParams,
        listing("dispute", "charge", "payment_intent"),
        f"{_PAGES} charge payment_intent",
    ),
    Operation("GET", f"{_DISPUTES}/<id>", DisputeRetrieveParams, retrieve("dispute")),
    Operation(
        "POST",
        f"{_DISPUTES}/<id>",
        DisputeUpdateParams,
        answers.update_dispute,
        "evidence expand metadata submit",
    ),
    Operation("POST", f"{_DISPUTES}/<id>/close", DisputeCloseParams, answers.close_dispute),
    Operation(
        "GET",
        "/v1/balance_transactions",
        BalanceTransactionListParams,
        listing("balance_transaction", "currency", "source", "type"),
        f"{_PAGES} currency source type",
    ),
    Operation(
        "GET",
        "/v1/balance_transactions/<id>",
        BalanceTransactionRetrieveParams,
        retrieve("balance_transaction"),
    ),
    Operation("GET", "/v1/events", EventListParams, answers.list_events, f"{_PAGES} delivery_success type types"),
    Operation("GET", "/v1/events/<id>", EventRetrieveParams, answers.retrieve_event),
    Operation("GET", "/v1/payment_methods/<id>", PaymentMethodRetrieveParams, retrieve("payment_method")),
    Operation("POST", "/v1/payment_methods/<id>/detach", PaymentMethodDetachParams, answers.detach_method),
    Operation(
        "GET", "/v1/setup_intents/<id>", SetupIntentRetrieveParams, retrieve("setup_intent", "intent"), "expand"
    ),
    Operation("GET", "/v1/customers/<id>", CustomerRetrieveParams, retrieve("customer"), "expand"),
    Operation("GET", "/v1/account", AccountRetrieveCurrentParams, answers.show_account),
    Operation("GET", "/v1/accounts/<id>", AccountRetrieveParams, answers.show_account),
    Operation(
        "POST",
        _ENDPOINTS,
        WebhookEndpointCreateParams,
        answers.create_endpoint,
        "connect description enabled_events expand metadata url",
    ),
    Operation("GET", _ENDPOINTS, WebhookEndpointListParams, listing("webhook_endpoint"), _PAGES),
    Operation("GET", f"{_ENDPOINTS}/<id>", WebhookEndpointRetrieveParams, retrieve("webhook_endpoint")),
    Operation("DELETE", f"{_ENDPOINTS}/<id>", WebhookEndpointDeleteParams, answers.delete_endpoint),
)
