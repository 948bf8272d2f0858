//# allFunctionsCalledOnLoad
function e({facts:e,externalId:t,id:n}){let{company:r,country:i}=e,a=r??t??n.slice(0,8);return i===void 0?a:`${a}, ${i}`}export{e as t};