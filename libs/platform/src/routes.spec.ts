import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Allow, Public } from './access/decorators.js';
import { listRoutes, refuseUndecidedRoutes } from './routes.js';

@Controller('v1/things')
@Allow('admin')
class Decided {
  @Get(':id')
  one() {
    return 1;
  }
  @Post()
  @Allow('partner', 'admin')
  make() {
    return 1;
  }
  @Get()
  @Public()
  all() {
    return 1;
  }
  notARoute() {
    return 1;
  }
}

@Controller('v1/things')
class Undecided {
  @Get('forgotten')
  forgotten() {
    return 1;
  }
}

/** Of a route that says nothing else. */
const accepted = { types: { 'application/json': 'json' }, limitBytes: 1_048_576 };

describe('the routes of an application', () => {
  it('are listed with whom they are for, the handler’s own word before its controller’s', () => {
    expect(listRoutes(application(Decided))).toEqual([
      { method: 'GET', path: '/v1/things', access: 'public', handler: 'Decided.all', accepted },
      { method: 'POST', path: '/v1/things', access: ['partner', 'admin'], handler: 'Decided.make', accepted },
      { method: 'GET', path: '/v1/things/:id', access: ['admin'], handler: 'Decided.one', accepted },
    ]);
  });

  it('stop the start when nobody has decided about one, naming it', () => {
    const routes = listRoutes(application(Decided, Undecided));
    expect(() => refuseUndecidedRoutes(routes, [])).toThrow(
      'GET /v1/things/forgotten (Undecided.forgotten) has neither @Allow nor @Public',
    );
  });

  it('stop the start when one was put beside the guard', () => {
    const routes = listRoutes(application(Decided));
    const served = [
      { method: 'GET', path: '/v1/things' },
      { method: 'HEAD', path: '/v1/things' },
    ];
    expect(() => refuseUndecidedRoutes(routes, served)).not.toThrow();
    expect(() => refuseUndecidedRoutes(routes, [...served, { method: 'POST', path: '/backdoor' }])).toThrow(
      'POST /backdoor is not the route of a controller',
    );
  });
});

/** As much of an application as routes are read from. */
function application(...controllers: (new () => object)[]): INestApplication {
  const modules = new Map([['m', { controllers: new Map(controllers.map((each) => [each, { metatype: each }])) }]]);
  return { get: (token: unknown) => (token === ModulesContainer ? modules : undefined) } as INestApplication;
}
