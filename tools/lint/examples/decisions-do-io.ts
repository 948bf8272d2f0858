// at libs/decisions/src/index.ts
import { readFileSync } from 'node:fs'; // ✗ no-restricted-imports
import { createHash } from 'crypto'; // ✗ no-restricted-imports
import { setTimeout } from 'node:timers/promises'; // ✗ no-restricted-imports
import { Injectable } from '@nestjs/common'; // ✗ no-restricted-imports
import { Kafka } from 'kafkajs'; // ✗ no-restricted-imports
import { Client } from 'pg'; // ✗ no-restricted-imports
import { DataSource } from 'typeorm'; // ✗ no-restricted-imports
import { Pool } from 'undici'; // ✗ no-restricted-imports

export const lazily = () => import('node:fs'); // ✗ no-restricted-syntax
export const imported = [readFileSync, createHash, setTimeout, Injectable, Kafka, Client, DataSource, Pool];
