# An edge agent. Build from the repository's root: docker build -f deploy/docker/agent.Dockerfile .
FROM node:22-bookworm-slim AS native
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY . .
COPY --from=native /src/node_modules node_modules
RUN dotnet publish edge-agent/EdgeFleet.Agent -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
RUN apt-get update && apt-get install -y --no-install-recommends libmosquitto1 && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
VOLUME /data /source
ENTRYPOINT ["dotnet", "/app/edgefleet-agent.dll", "--data", "/data", "--source", "/source"]
