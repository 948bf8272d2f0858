// at services/ingestion/src/index.ts

export const received = (lead: string) => console.log('received', lead); // ✗ no-console
