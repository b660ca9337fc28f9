"""How likely an open due item is to be paid late, with its reasons: for the creditor's own people alone."""
