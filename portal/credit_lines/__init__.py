"""How much a customer may owe (fido): the line and its suggestion, its use, alerts, and what is decided on them."""
