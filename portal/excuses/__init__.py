"""Why customers did not pay: each reason typed and dated, and whether it was gone before the due date."""
