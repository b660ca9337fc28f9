"""Interest and costs on what is late: only when the creditor wants them and the law gives them."""
