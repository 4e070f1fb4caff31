# docker build -t tonality .
# docker run --rm -p 8000:8000 --read-only --tmpfs /tmp --cap-drop ALL \
#   --security-opt no-new-privileges tonality
#
# A model of your own: -v "$PWD/my-model:/model:ro" -e TONALITY_MODEL=/model

FROM python:3.12-slim AS build
WORKDIR /src
RUN apt-get -q update && apt-get -q -y install --no-install-recommends gcc libc6-dev
COPY pyproject.toml constraints.txt hatch_build.py README.md LICENSE ./
COPY src src
RUN python -m venv /opt/tonality \
 && TONALITY_COMPILE=require PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
    /opt/tonality/bin/pip install --no-cache-dir '.[serve]'

FROM python:3.12-slim
COPY --from=build /opt/tonality /opt/tonality
ENV PATH=/opt/tonality/bin:$PATH PYTHONDONTWRITEBYTECODE=1 TONALITY_HOST=0.0.0.0
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", \
  "import os, urllib.request as u; host = os.environ.get('TONALITY_ALLOWED_HOSTS', 'localhost').split(',')[0].strip().replace('*', 'any'); u.urlopen(u.Request('http://127.0.0.1:' + os.environ.get('TONALITY_PORT', '8000') + '/healthz', headers={'Host': host}), timeout=2)"]
ENTRYPOINT ["tonality", "serve"]
