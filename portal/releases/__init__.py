"""«Pay at least so much and deliveries resume»: decided by a person, lifted by the payment itself."""
