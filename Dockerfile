# The converter's image: `docker build -t karmada-api-version-converter:0.1.0 .`, or `make image` without an engine.
# Dependencies are installed from the lock and verified by their hashes. The processes run as an unprivileged user and do
# not write to disk. No step writes a time or a random order, so the same sources give the same files.

# By digest, so that a build never gets another image under the same tag. It is an index of all architectures
# (`make base-image` checks that). Dependabot updates tag and digest together.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS base

FROM base AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Dependencies first: the build cache holds this layer until a lock changes.
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes --no-deps --only-binary=:all: -r requirements/build.txt
RUN python -m venv /opt/converter && /opt/converter/bin/pip install --require-hashes --no-deps --only-binary=:all: --no-compile -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY tools/image/slim.py tools/image/
COPY converter converter
COPY conversion_rules conversion_rules
COPY deploy deploy
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir wheels .
# slim.py leaves out most of the kubernetes package; the commands after it show that the converter still starts.
RUN /opt/converter/bin/pip install --no-deps --no-index --no-compile wheels/*.whl \
    && /opt/converter/bin/pip check \
    && PYTHONHASHSEED=0 /opt/converter/bin/python tools/image/slim.py \
    && PYTHONDONTWRITEBYTECODE=1 /opt/converter/bin/converter --version \
    && PYTHONDONTWRITEBYTECODE=1 /opt/converter/bin/converter rules lint

FROM base
COPY --from=build /opt/converter /opt/converter
ENV PATH=/opt/converter/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/nonexistent
# A numeric user lets the kubelet verify runAsNonRoot.
USER 65532:65532
EXPOSE 8443 8444 8090 8080 8081 8082 8091
ENTRYPOINT ["converter"]
