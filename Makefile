# Two commands do everything on a fresh clone: `make demo` and `make test`. Both need a Rust toolchain, and python3 or npm
# to fetch ONNX Runtime where none is found.

.PHONY: demo test runtime bench reproduce clean

# Where the library is, whether it was here or has just been fetched.
runtime:
	@scripts/fetch-onnxruntime --if-missing

demo: runtime
	cargo build --release --locked
	target/release/probe --model models/reviews/heuristic.onnx --texts fixtures/reviews.txt -o target/demo
	@echo "The page is at target/demo/report.html"

test: runtime
	cargo test --locked

bench: runtime
	cargo bench --locked

reproduce: runtime
	cargo build --release --locked
	scripts/reproduce

clean:
	cargo clean
