# The silo with its own broker. Build from the repository's root: docker build -f deploy/docker/silo.Dockerfile .
FROM node:22-bookworm-slim AS native
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
COPY --from=native /src/node_modules node_modules
RUN dotnet publish silo/EdgeFleet.Silo -c Release -o /app/silo && dotnet publish silo/EdgeFleet.Cli -c Release -o /app/cli

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install -y --no-install-recommends mosquitto libmosquitto1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
VOLUME /data
EXPOSE 5080 8883
ENTRYPOINT ["dotnet", "/app/silo/EdgeFleet.Silo.dll", "up", "--data", "/data"]
