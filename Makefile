# Tools come from node_modules, so nothing has to be installed globally.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

modules := node_modules/.package-lock.json
vitest := vitest run --config test/vitest.config.ts
# What the tests run: other tools are the judges.
judges := skopeo ostree runc crun bwrap umoci shellcheck docker-registry busybox zstd bsdtar setfattr newuidmap mmdebstrap \
  faketime python3 jq rpm mke2fs setpriv systemd-analyze systemd-tmpfiles systemctl strace
# CommonJS, which starts faster than modules do; each bundle is one file, and what is not needed in it is not run.
bundle := --bundle --format=cjs --platform=node --target=node20 --minify-whitespace --minify-syntax --log-level=warning \
  --supported:dynamic-import=false \
  --define:import.meta.url=bundleUrl --banner:js="const bundleUrl = require('node:url').pathToFileURL(__filename).href;"
# What CommonJS packages expect to be there.
banner := import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);

.PHONY: help build check fmt test oracle bench scale demo clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s%s\n", $$1, $$2 }' Makefile

build: dist/ctrbuild.js ## make dist/ctrbuild.js, the program
	@:

check: $(modules) ## check types, style and format
	tsc --noEmit
	biome check

fmt: $(modules) ## format, and fix what can be fixed by a program
	biome check --write

test: ## run all tests
	@examples/demo/packages.sh $(judges)
	@$(MAKE) --no-print-directory build
	$(vitest)

oracle: build ## compare with libostree, umoci, tar and the runtimes; a missing one is a failure
	@examples/demo/packages.sh $(judges)
	REQUIRE_TOOLS=1 STACKS=1000 LAYERS=300 $(vitest) test/oracle

bench: build ## compare with skopeo, ostree, umoci, podman and tar; see bench/main.ts
	@examples/demo/packages.sh skopeo ostree umoci podman docker-registry time setpriv
	@esbuild main=bench/main.ts driver=bench/driver.ts parts=bench/parts.ts worker=src/ostree/worker.ts --outdir=bench/build --bundle \
	  --format=esm --platform=node --target=node20 --external:fs-native-extensions --log-level=warning --banner:js="$(banner)"
	@node bench/build/main.js

scale: build ## time plan and apply with 50, 100 and 500 bundles
	@examples/demo/packages.sh skopeo time
	@esbuild scale=bench/scale.ts --outdir=bench/build --bundle --format=esm --platform=node --target=node20 \
	  --external:fs-native-extensions --log-level=warning --banner:js="$(banner)"
	@node bench/build/scale.js

demo: ## make four images, apply bundles.yaml, run the containers
	@examples/demo/packages.sh
	@$(MAKE) --no-print-directory build
	@examples/demo/make-images.sh
	@examples/demo/run.sh

clean: ## remove what build and demo made, with the demo's volumes
	rm -rf dist out .ctrbuild examples/images bundles.lock.json

dist/ctrbuild.js: $(modules) $(shell find src -name '*.ts' -o -type d)
	@rm -rf dist
	@esbuild ctrbuild.code=src/main.ts worker.code=src/ostree/worker.ts $(bundle) --outdir=dist --external:fs-native-extensions
	@esbuild ctrbuild=src/start.ts worker=src/start.ts $(bundle) --outdir=dist
	@echo '{ "type": "commonjs" }' >dist/package.json
	@chmod +x $@
	@node $@ validate --file bundles.yaml >/dev/null

$(modules): package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exitCode = major * 100 + +minor < 2019 ? 1 : 0' 2>/dev/null \
	  || { echo "missing: Node.js 20.19 or newer ($$(node --version 2>/dev/null || echo none) is here)" >&2; exit 69; }
	@command -v npm >/dev/null || { echo 'missing: npm, which comes with Node.js' >&2; exit 69; }
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
