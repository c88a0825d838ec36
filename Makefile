# Kaifan: every target works on a machine with nothing but Python 3.11, pip, gcc and make.
PYTHON ?= python3
export PORT HOST LANES

.PHONY: help run test lint bench rush soak contracts messages lock clean
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: ## install what is needed and serve the demo; PORT=8001 takes another port
	@$(PYTHON) manage.py up

test: ## lint, types, floors and every test lane; LANES=sqlite asks for fewer
	@$(PYTHON) manage.py check-all $(ARGS)

lint: ## lint, types and floors only
	@$(PYTHON) manage.py check-all --lint-only

bench: ## measure against stock Channels and the physical floor
	@$(PYTHON) manage.py bench $(ARGS)

rush: ## a lunch rush on the demo that `make run` serves; ARGS="--speed 5"
	@$(PYTHON) manage.py simulate $(ARGS)

soak: ## the long fault runs
	@$(PYTHON) manage.py check-all --no-lint --lanes soak $(ARGS)

contracts: ## write the published documents in docs/ anew from the code
	@$(PYTHON) manage.py contracts

messages: ## collect what people read into locale/, and compile it; fill in what is empty, then again
	@.venv/bin/python manage.py makemessages && .venv/bin/python manage.py compilemessages --locale en

lock: ## write the lock files anew from the direct pins
	@$(PYTHON) manage.py lock

clean: ## remove the environment, caches and the demo database
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
