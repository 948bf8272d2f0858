import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { type LeadStage, leadStages } from '@fairlead/decisions';
import type { FlowCount, Waiting, Window } from '../store/flow.store.js';

@ApiSchema({ description: 'Leads of the window that are in this state by now.' })
export class StateFlowView {
  @ApiProperty({ enum: leadStages }) state: LeadStage;
  @ApiProperty({ type: 'integer' }) leads: number;
  @ApiProperty({
    type: 'array',
    items: { type: 'integer' },
    description: 'The same by when they came in, the oldest first.',
  })
  course: number[];
}

@ApiSchema({ description: 'What waits for somebody, whatever its age; 1,000 stands for as many or more.' })
export class WaitingView {
  @ApiProperty({ type: 'integer', description: 'Incomplete, and held until more is known.' }) held: number;
  @ApiProperty({ type: 'integer', description: 'Nobody could take them.' }) unroutable: number;
  @ApiProperty({ type: 'integer', description: 'Offers that end within a tenth of the window.' }) endingSoon: number;
}

export class FlowView {
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ type: 'integer' }) minutes: number;
  @ApiProperty({ type: 'integer', description: 'Leads that came in; for a partner, that it was offered.' })
  leads: number;
  @ApiProperty({ type: 'array', items: { type: 'integer' }, description: 'The same by when, the oldest first.' })
  course: number[];
  @ApiProperty({ type: [StateFlowView], description: 'Those states that occur.' }) states: StateFlowView[];
  @ApiProperty({ type: WaitingView }) waiting: WaitingView;
}

export function flowView({ until, minutes, pieces }: Window, counts: readonly FlowCount[], waiting: Waiting): FlowView {
  const courseOf = (of: readonly FlowCount[]): number[] => {
    const course = Array<number>(pieces).fill(0);
    // What came in the very last moment belongs to the last piece, however the division rounds.
    for (const { piece, leads } of of) course[Math.min(Math.max(piece, 0), pieces - 1)]! += leads;
    return course;
  };
  const course = courseOf(counts);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  return {
    at: new Date(until).toISOString(),
    minutes,
    leads: sum(course),
    course,
    states: leadStages.flatMap((state) => {
      const own = courseOf(counts.filter((count) => count.state === state));
      return sum(own) === 0 ? [] : [{ state, leads: sum(own), course: own }];
    }),
    waiting,
  };
}
