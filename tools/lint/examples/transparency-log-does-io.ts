// at libs/transparency-log/src/index.ts
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs'; // ✗ no-restricted-imports
import { readFile } from 'fs/promises'; // ✗ no-restricted-imports
import { setTimeout } from 'node:timers/promises'; // ✗ no-restricted-imports
import { Pool } from 'undici'; // ✗ no-restricted-imports
import { Injectable } from '@nestjs/common'; // ✗ no-restricted-imports

export const lazily = () => import('node:fs/promises'); // ✗ no-restricted-syntax
export const now = Date.now(); // ✗ no-restricted-globals
export const dice = Math.random(); // ✗ no-restricted-properties
export const where = process.cwd(); // ✗ no-restricted-globals
export const imported = [hash, readFileSync, readFile, setTimeout, Pool, Injectable];
