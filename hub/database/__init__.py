"""Django's database backends, each with the slow-query log in every connection it makes."""
