"""A small ERP that takes in signed webhooks (Standard Webhooks) and shows what it was told."""

from portal.doubles.erp.receiver import ErpReceiver

__all__ = ["ErpReceiver"]
