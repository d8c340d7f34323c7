# make run   installs what is missing, builds, and shows the main job on an embedded chain
# make test  installs what is missing, builds, and runs the test suite
# make check format, clang-tidy, and the suite under address+undefined-behaviour and thread sanitizers
# Others: build bench measure-gpu fuzz bundle format clean

JOBS ?= $(shell nproc)

.PHONY: run test check build bench measure-gpu bundle fuzz format format-check tidy clean setup asan tsan

run: build
	build/release/warpshrew devnet

build: setup
	cmake --preset release
	cmake --build --preset release --target warpshrew

test: setup
	cmake --preset release
	cmake --build --preset release
	ctest --preset release -j $(JOBS)

check: setup format-check tidy asan tsan

setup:
	scripts/setup

asan tsan: setup
	cmake --preset $@
	cmake --build --preset $@
	ctest --preset $@ -j $(JOBS)

format:
	scripts/format

format-check:
	scripts/format --check

tidy: setup
	cmake --preset release
	cmake --build --preset release --target generated
	scripts/tidy

bench: setup
	cmake --preset release
	cmake --build --preset release --target benchmarks
	build/release/bench/benchmarks

measure-gpu: setup
	cmake --preset release
	cmake --build --preset release --target warpshrew gpu_calls devnet_mixes gpu_tests
	scripts/measure_gpu build/release

bundle: build
	scripts/bundle

fuzz: setup
	scripts/fuzz

clean:
	rm -rf build dist
