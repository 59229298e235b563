# Two commands do everything on a fresh clone: `make demo` and `make test`. Both need a Rust toolchain and python3; npm will do
# for the demo.

.PHONY: demo test test-python wheels release-check runtime bench reproduce clean

# The pinned library goes into the user's cache folder, where probe looks for it; nothing is done where it is there.
runtime:
	@scripts/fetch-onnxruntime >/dev/null

demo: runtime
	cargo build --release --locked
	target/release/probe --model models/reviews/heuristic.onnx --texts fixtures/reviews.txt -o target/demo
	@echo "The page is at target/demo/report.html"

test: runtime
	cargo test --locked
	scripts/test-python

# The package for Python alone, as a wheel in an environment of its own.
test-python:
	scripts/test-python

wheels:
	scripts/wheels

# Everything that a release needs, and nothing is published.
release-check:
	scripts/release-check

bench: runtime
	cargo bench --locked

reproduce: runtime
	cargo build --release --locked
	scripts/reproduce

clean:
	cargo clean
