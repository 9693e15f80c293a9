# The API as an image: the locked packages and the code, run by an account that owns neither.
FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /rowkeep
COPY requirements.lock .
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --require-hashes --no-deps -r requirements.lock
COPY . .
USER 65534:65534
EXPOSE 8000
ENV HOST=0.0.0.0
CMD ["python", "-m", "api"]
