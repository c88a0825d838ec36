"""Browser pages: shells of HTML, everything alive comes by REST and the sockets."""
