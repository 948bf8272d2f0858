import { Body, Controller, Put } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { bodyClassOf } from '../http/body-class.js';
import { describeChecks, type Schema } from './checked-bodies.js';

class Amount {
  @IsInt()
  @Min(1)
  value: number;
}

class Thing {
  @IsString()
  @Length(1, 20)
  @Matches(/^[a-z]+$/)
  name: string;

  @IsOptional()
  @IsIn(['red', 'blue'])
  colour?: string;

  @IsArray()
  @ArrayMaxSize(3)
  @IsString({ each: true })
  words: string[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Amount)
  amount?: Amount;
}

@Controller()
class Things {
  @Put()
  put(@Body() body: Thing) {
    return body;
  }
  @Put('free')
  free(@Body() body: unknown) {
    return body;
  }
}

describe('the schema of a body that a class checks', () => {
  const schemas: Record<string, Schema> = {
    Thing: {
      properties: {
        name: { type: 'string', description: 'its name' },
        colour: { type: 'string' },
        words: { type: 'array', items: {} },
        amount: { description: 'what for', allOf: [{ $ref: '#/components/schemas/Amount' }] },
      },
      required: ['name', 'words'],
    },
    Amount: { properties: { value: { type: 'number' } }, required: ['value'] },
  };

  it('says what is checked, of its fields, their items, and the objects in it', () => {
    describeChecks(Thing, schemas);
    expect(schemas).toEqual({
      Thing: {
        additionalProperties: false,
        required: ['name', 'words'],
        properties: {
          name: { type: 'string', description: 'its name', minLength: 1, maxLength: 20, pattern: '^[a-z]+$' },
          colour: { type: ['string', 'null'], enum: ['red', 'blue', null] },
          words: { type: 'array', items: { type: 'string' }, maxItems: 3 },
          amount: { description: 'what for', anyOf: [{ $ref: '#/components/schemas/Amount' }, { type: 'null' }] },
        },
      },
      Amount: {
        additionalProperties: false,
        required: ['value'],
        properties: { value: { type: 'integer', minimum: 1 } },
      },
    });
  });

  it('is that of the class at the handler, and nobody’s where a handler checks for itself', () => {
    expect(bodyClassOf(Things, 'put')).toBe(Thing);
    expect(bodyClassOf(Things, 'free')).toBeUndefined();
  });
});
